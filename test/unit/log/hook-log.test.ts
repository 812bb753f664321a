import { expect, test } from "bun:test";

import type { HookEvent } from "../../../src/events/hooks.ts";
import { createHookLog } from "../../../src/log/hook-log.ts";
import type { Level } from "../../../src/log/log.ts";

/** What is said, from info on, about events that follow each other. */
function sentences(...events: readonly HookEvent[]): string[] {
  const told: string[] = [];
  const write = (level: Level, message: string): void => void (level !== "debug" && told.push(`${level}: ${message}`));
  const narrate = createHookLog(Object.assign(write, { writes: () => true }), {
    command: "-on-change /n",
    webhook: "webhook at example.com",
  });
  for (const event of events) narrate(event);
  return told;
}

const run = (problem?: string): HookEvent => ({ type: "hook-run", way: "command", problem });
const dropped = (reason: "superseded" | "full" | "given up" | "stopped", count = 1): HookEvent => {
  return { type: "hook-dropped", way: "webhook", reason, count };
};

test("what works is no news", () => {
  expect(sentences(run(), run())).toEqual([]);
});

test("a failure is told once until it changes, and its end is", () => {
  expect(sentences(run("exit status 1"), run("exit status 1"), run("exit status 2"), run(), run())).toEqual([
    "warn: -on-change /n: exit status 1",
    "warn: -on-change /n: exit status 2",
    "info: -on-change /n: works again",
  ]);
});

test("the two ways are told apart", () => {
  const other: HookEvent = { type: "hook-run", way: "webhook", problem: "exit status 1" };
  expect(sentences(run("exit status 1"), other)).toHaveLength(2);
});

test("that too many wait is told once, and how many were lost when it works again", () => {
  const works: HookEvent = { type: "hook-run", way: "webhook", problem: undefined };
  expect(sentences(dropped("full"), dropped("full"), dropped("given up"), dropped("superseded", 5), works)).toEqual([
    "warn: webhook at example.com: 1 not delivered: too many wait",
    "warn: webhook at example.com: works again; 3 notifications were lost",
  ]);
});

test("what a stop leaves untold is told", () => {
  expect(sentences(dropped("stopped", 3))).toEqual([
    "warn: webhook at example.com: 3 not delivered: the service stops",
  ]);
});
