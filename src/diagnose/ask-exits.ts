import type { Config } from "../config/model.ts";
import { askOwnExit } from "../exit/own-exit.ts";
import type { Family } from "../net/address.ts";
import type { Kernel } from "../routing/kernel.ts";
import { exitQuestions } from "../service/exit-check.ts";
import type { AskedExits } from "./exits.ts";

/** Asks once with which address packets through each of these gateways of a family come out, and those of this router itself. */
export async function askExits(
  config: Config,
  kernel: Kernel,
  gateways: readonly string[],
  family: Family = 4,
): Promise<AskedExits | undefined> {
  const questions = exitQuestions(config, kernel, family);
  if (questions === undefined) return undefined;
  const { ask, paths } = questions;
  const { signal } = new AbortController();
  const [own, exits] = await Promise.all([
    askOwnExit(questions, signal),
    Promise.all(
      gateways.flatMap((gateway) => {
        const path = paths.get(gateway);
        return path === undefined ? [] : ask(path, signal).then((result) => [gateway, result] as const);
      }),
    ),
  ]);
  return { own, exits: new Map(exits) };
}
