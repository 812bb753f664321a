/** The remedies of the check command, carried out as a person would. */
import { describe, expect, test } from "bun:test";

import { check, type Report } from "./check.ts";
import type { StartOptions } from "./daemon.ts";
import type { DdnsLab } from "./ddns.ts";
import { type Flags, runIn } from "./executable.ts";
import type { Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";

/** How the command is started: what a remedy may change. */
export interface Setup {
  readonly flags?: Flags;
  readonly options?: StartOptions;
}

type Maybe<T> = T | void | Promise<T | void>;

/** A situation in which check has a finding about a topic, and how its remedy is carried out. */
export interface Case<L> {
  readonly topic: string;
  readonly make: (lab: L) => Maybe<Setup>;
  /** Does what the remedy says; what it returns is added to the start of the command. */
  readonly carryOut: (remedy: string, lab: L) => Maybe<Setup>;
}

/** A case among others about the same topic. */
export type TopicCase<L> = Omit<Case<L>, "topic">;

/** Makes the tests of cases about one topic, each in a lab of its own. */
export const curesIn =
  <L extends Lab | DdnsLab>(open: () => Promise<L>) =>
  (title: string, topic: string, cases: Record<string, TopicCase<L>>): void =>
    describe(title, () => {
      test.each(Object.entries(cases))("%s", async (_, one) => void (await cure(await open(), { topic, ...one })));
    });

/** A setting that is wrong, and the one that the remedy speaks of. */
export const setting = <L>(wrong: (lab: L) => Maybe<Setup>, pattern: RegExp, right: Setup): TopicCase<L> => ({
  make: wrong,
  carryOut(remedy) {
    expectInRemedy(remedy, pattern);
    return right;
  },
});

/** A wrapper with which the executable has no privilege but that to change routes. */
export const AS_NOBODY = [
  ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
  ...["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin"],
];

/** Makes the situation and runs check, carries the remedies of the topic out, and runs check again: the topic is ok. */
export async function cure<L extends Lab | DdnsLab>(lab: L, { topic, make, carryOut }: Case<L>): Promise<Report[]> {
  let setup = (await make(lab)) ?? {};
  const before = await checkWith(lab, setup);
  expect(before.bad).toContain(topic);
  for (const { remedy } of before.about(topic)) {
    if (remedy === undefined) continue;
    const change = (await carryOut(remedy, lab)) ?? {};
    setup = { flags: { ...setup.flags, ...change.flags }, options: change.options ?? setup.options ?? {} };
  }
  const after = await checkWith(lab, setup);
  expect(after.bad.filter((bad) => bad === topic).map(() => after.about(topic))).toEqual([]);
  return [before, after];
}

function checkWith(lab: Lab | DdnsLab, { flags, options }: Setup): Promise<Report> {
  return "lab" in lab ? check(lab.lab, flags, options, lab.start.bind(lab)) : check(lab, flags, options);
}

/** Carries out the commands in a remedy on the router, at least one. */
export async function runCommands(remedy: string, lab: Lab): Promise<void> {
  const commands = commandsIn(remedy);
  expect({ remedy, commands: commands.length }).not.toEqual({ remedy, commands: 0 });
  for (const command of commands) await paste(lab.router, command);
}

/** Runs a command line in a namespace, as pasted into a shell. */
export async function paste(space: Namespace, command: string): Promise<void> {
  const { status, stderr } = await runIn(space, ["sh", "-c", command]);
  expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: "" });
}

/** The commands in a remedy: from `sysctl` or `ip` to a comma, a semicolon, or words that follow. */
export function commandsIn(remedy: string): string[] {
  return [...remedy.matchAll(/(?:^|[:;] |, then )((?:sysctl|ip) .*?)(?=$|[,;]| distributes)/g)].map(
    ([, command]) => command!,
  );
}

/** The flags in a remedy that have a value there. */
export function flagsIn(remedy: string): Record<string, string> {
  const found = [...remedy.matchAll(/-([a-z][a-z-]+) ((?:https?\b|[\d/])[^\s,;)]*)/g)];
  expect({ remedy, flags: found.length }).not.toEqual({ remedy, flags: 0 });
  return Object.fromEntries(found.map(([, flag, value]) => [flag!, value!]));
}

/** Carries out a remedy that proposes flags; where it proposes several, the first. */
export function takeFlags(remedy: string): Setup {
  return { flags: flagsIn(remedy.split(", or ")[0]!) };
}

/** Expects that a remedy matches, and returns what: the first group of the pattern, or the whole. */
export function expectInRemedy(remedy: string, pattern: RegExp): string {
  expect(remedy).toMatch(pattern);
  const [whole, group] = pattern.exec(remedy)!;
  return group ?? whole;
}
