import { expect, test } from "bun:test";

import type { HookEvent } from "../../../src/events/hooks.ts";
import { createHookLog } from "../../../src/log/hook-log.ts";
import type { Level } from "../../../src/log/log.ts";

/** The lines from info on after these events. */
function linesOf(...events: readonly HookEvent[]): string[] {
  const lines: string[] = [];
  const write = (level: Level, message: string): void => void (level !== "debug" && lines.push(`${level}: ${message}`));
  const record = createHookLog(Object.assign(write, { writes: () => true }), {
    command: "-on-change /n",
    webhook: "webhook at example.com",
  });
  for (const event of events) record(event);
  return lines;
}

const run = (problem?: string): HookEvent => ({ type: "hook-run", channel: "command", problem });
const dropped = (reason: "superseded" | "full" | "given_up" | "stopped", count = 1): HookEvent => {
  return { type: "hook-dropped", channel: "webhook", reason, count };
};

test("a successful delivery is not logged above debug", () => {
  expect(linesOf(run(), run())).toEqual([]);
});

test("a failure is logged once until it changes, and so is its end", () => {
  expect(linesOf(run("exit status 1"), run("exit status 1"), run("exit status 2"), run(), run())).toEqual([
    "warn: -on-change /n: exit status 1",
    "warn: -on-change /n: exit status 2",
    "info: -on-change /n: works again",
  ]);
});

test("the failures of each channel are logged apart", () => {
  const other: HookEvent = { type: "hook-run", channel: "webhook", problem: "exit status 1" };
  expect(linesOf(run("exit status 1"), other)).toHaveLength(2);
});

test("a full queue is logged once, and the number of lost notifications when it works again", () => {
  const works: HookEvent = { type: "hook-run", channel: "webhook", problem: undefined };
  expect(linesOf(dropped("full"), dropped("full"), dropped("given_up"), dropped("superseded", 5), works)).toEqual([
    "warn: webhook at example.com: 1 notification not delivered: the queue is full",
    "warn: webhook at example.com: works again; 3 notifications lost",
  ]);
});

test("notifications that a stop drops are logged", () => {
  expect(linesOf(dropped("stopped", 3))).toEqual([
    "warn: webhook at example.com: 3 notifications not delivered: the service stops",
  ]);
});
