import { describe, expect, test } from "bun:test";

import { LogBuffer, REMEMBERED_ENTRIES } from "../../../src/status/log-buffer.ts";
import { FakeClock } from "./model.fixture.ts";

const texts = (buffer: LogBuffer, id?: number): string[] => buffer.since(id).map(({ text }) => text);

describe("the log buffer", () => {
  test("returns the entries after an id", () => {
    const clock = new FakeClock();
    const buffer = new LogBuffer(clock);
    const first = buffer.add("info", "one");
    clock.now = 1500;
    buffer.add("warn", "two");
    expect(texts(buffer)).toEqual(["one", "two"]);
    expect(texts(buffer, first.id)).toEqual(["two"]);
    expect(buffer.since(first.id)).toEqual([
      { id: first.id + 1, time: "2026-01-02T03:04:06.500Z", level: "warn", text: "two" },
    ]);
  });

  test("has the pool of an entry, where there is one", () => {
    const buffer = new LogBuffer(new FakeClock());
    expect(buffer.add("info", "pool vpn: one", "vpn")).toMatchObject({ pool: "vpn", text: "pool vpn: one" });
    expect(buffer.add("info", "two")).not.toHaveProperty("pool");
  });

  test("has higher ids after a restart, and returns everything for an id of the future", () => {
    const clock = new FakeClock();
    const before = new LogBuffer(clock).add("info", "before").id;
    clock.now = 1000;
    const buffer = new LogBuffer(clock);
    buffer.add("info", "after");
    expect(texts(buffer, before)).toEqual(["after"]);
    expect(texts(buffer, before + 1e9)).toEqual(["after"]);
  });

  test("remembers the last entries only", () => {
    const buffer = new LogBuffer(new FakeClock());
    for (let number = 1; number <= 3 * REMEMBERED_ENTRIES; number++) buffer.add("info", `entry ${number}`);
    expect(buffer.since()).toHaveLength(REMEMBERED_ENTRIES);
    expect(texts(buffer).at(0)).toBe(`entry ${2 * REMEMBERED_ENTRIES + 1}`);
    expect(texts(buffer).at(-1)).toBe(`entry ${3 * REMEMBERED_ENTRIES}`);
  });

  test("escapes what could control a terminal, and cuts a long text", () => {
    const buffer = new LogBuffer(new FakeClock());
    expect(buffer.add("error", "a\x1b[2Jb\nc").text).toBe("a\\u001b[2Jb\\u000ac");
    expect(buffer.add("error", "x".repeat(10_000)).text.length).toBeLessThan(600);
  });
});
