import { memberAddresses } from "../config/families.ts";
import type { Member } from "../config/model.ts";
import type { Family } from "../net/address.ts";
import { familyName, familyWord } from "../text/family.ts";
import type { Fields, Level, Log } from "./log.ts";

/** A log whose lines name their pool, in the text and as a field; the one pool without a name is not mentioned. */
export function logOfPool(log: Log, pool: string | undefined): Log {
  if (pool === undefined) return log;
  const write = (level: Level, message: string, fields?: Fields): void => {
    log(level, `pool ${pool}: ${message}`, { pool, ...fields });
  };
  return Object.assign(write, { writes: log.writes });
}

/** A log whose lines say which family they are about, of a pool that routes both. */
export function logOfFamily(log: Log, family: Family): Log {
  const write = (level: Level, message: string, fields?: Fields): void => {
    log(level, `${familyName(family)}: ${message}`, { family: familyWord(family), ...fields });
  };
  return Object.assign(write, { writes: log.writes });
}

/** A log whose lines have the name of their gateway as a field as well, where it has one. */
export function withNames(log: Log, members: readonly Pick<Member, "gateway" | "address6" | "name">[] = []): Log {
  const names = new Map(
    members.flatMap((member) => memberAddresses(member).map((address) => [address, member.name] as const)),
  );
  if (!members.some(({ name }) => name !== undefined)) return log;
  const write = (level: Level, message: string, fields?: Fields): void => {
    const name = names.get(String(fields?.["gateway"]));
    log(level, message, name === undefined ? fields : { ...fields, gateway_name: name });
  };
  return Object.assign(write, { writes: log.writes });
}
