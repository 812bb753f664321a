import { expect, test } from "bun:test";

import type { ExitEvent } from "../../../src/exit/events.ts";
import { createExitLog } from "../../../src/log/exit-log.ts";
import type { Level } from "../../../src/log/log.ts";

const A = "10.0.0.1";

function linesOf(...events: ExitEvent[]): string[] {
  const lines: string[] = [];
  const log = Object.assign((level: Level, message: string) => void lines.push(`${level}: ${message}`), {
    writes: () => true,
  });
  const record = createExitLog(log);
  for (const event of events) record(event);
  return lines;
}

const exit = (address: string | undefined): ExitEvent => ({
  type: "exit",
  gateway: A,
  result: address
    ? { kind: "success", address, seconds: 0.1 }
    : { kind: "failure", code: "status", detail: "ip.example.com: status 503", seconds: 0.1 },
});

test("a leak is an error with its remedy, and its end is logged", () => {
  const [begin, end] = linesOf(
    { type: "gateway-leaks", gateway: A, address: "5.0.0.9", leaking: true },
    { type: "gateway-leaks", gateway: A, address: "5.0.0.1", leaking: false },
  );
  expect(begin).toStartWith("error: gateway 10.0.0.1 LEAKS: packets through it come out at 5.0.0.9");
  expect(begin).toContain("check the firewall");
  expect(end).toBe("info: gateway 10.0.0.1 leaks no more: its exit address is 5.0.0.1");
});

test("questions that fail are logged once, and when they are answered again", () => {
  expect(
    linesOf(exit("5.0.0.1"), exit(undefined), exit(undefined), exit("5.0.0.1")).map((line) => line.slice(0, 60)),
  ).toEqual([
    "debug: exit address of 10.0.0.1 is 5.0.0.1",
    "warn: cannot determine the exit address of 10.0.0.1: ip.exam",
    "debug: cannot determine the exit address of 10.0.0.1: ip.exa",
    "info: exit address of 10.0.0.1 is 5.0.0.1",
  ]);
});

test("this router's own address is logged when it changes or is not known", () => {
  const own = (address: string): ExitEvent => ({ type: "own-exit", result: { kind: "success", address } });
  const none: ExitEvent = { type: "own-exit", result: { kind: "failure", code: "no-exit", detail: "no route" } };
  const failed: ExitEvent = {
    type: "own-exit",
    result: { kind: "failure", code: "timeout", detail: "timeout after 2s" },
  };
  expect(linesOf(own("5.0.0.9"), own("5.0.0.9"), none, none, failed, own("5.0.0.8"))).toEqual([
    "info: this router's own public address: 5.0.0.9",
    "info: this router has no exit of its own, so nothing can leak: no route",
    "warn: cannot determine this router's own public address: timeout after 2s; a leak cannot be found until then",
    "info: this router's own public address: 5.0.0.8",
  ]);
});

test("gateways with one exit are named once, and so is the end", () => {
  const shared = (...gateways: string[]): ExitEvent => ({ type: "exit-shared", address: "5.0.0.1", gateways });
  expect(linesOf(shared(A, "10.0.0.2"), shared())).toEqual([
    "warn: gateways with one exit address, 5.0.0.1: 10.0.0.1, 10.0.0.2; together they are worth one",
    "info: exit address 5.0.0.1 is not shared by gateways any more",
  ]);
});
