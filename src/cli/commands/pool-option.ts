import type { Config } from "../../config/model.ts";
import type { ValueType } from "../../config/values.ts";
import { quote } from "../../text/escape.ts";
import { list } from "../../text/list.ts";
import { complain, type Invocation } from "./command.ts";
import { ownOption } from "./printing.ts";

const poolName: ValueType<string> = {
  placeholder: "NAME",
  example: "vpn",
  parse: (text) => ({ ok: true, value: text }),
};

/** The flag of commands that can be about one of several pools. */
export const POOL_FLAG = ownOption("pool", poolName, "show only what concerns the pool with this name");

/** The pool that the flag names, if it is given; undefined, with the reason on standard error, where there is none. */
export function readPool(
  { pools }: Pick<Config, "pools">,
  { flags }: Invocation,
): { readonly only: string | undefined } | undefined {
  const only = flags[POOL_FLAG.flag];
  if (only === undefined || pools.some(({ name }) => name === only)) return { only };
  complain(
    noSuchPool(
      only,
      pools.flatMap(({ name }) => name ?? []),
    ),
  );
  return undefined;
}

/** @param names of all pools */
export function noSuchPool(name: string, names: readonly string[]): string {
  const known = names.length === 0 ? "the only pool has no name" : `the pools are ${list(names, names.length)}`;
  return `-pool ${quote(name)}: there is no such pool; ${known}`;
}
