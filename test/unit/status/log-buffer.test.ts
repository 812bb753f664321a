import { describe, expect, test } from "bun:test";

import { LogBuffer, REMEMBERED_ENTRIES } from "../../../src/status/log-buffer.ts";
import { FakeClock } from "./model.fixture.ts";

const texts = (journal: LogBuffer, id?: number): string[] => journal.since(id).map(({ text }) => text);

describe("the journal", () => {
  test("tells entries after an id", () => {
    const clock = new FakeClock();
    const journal = new LogBuffer(clock);
    const first = journal.add("info", "one");
    clock.now = 1500;
    journal.add("warn", "two");
    expect(texts(journal)).toEqual(["one", "two"]);
    expect(texts(journal, first.id)).toEqual(["two"]);
    expect(journal.since(first.id)).toEqual([
      { id: first.id + 1, time: "2026-01-02T03:04:06.500Z", level: "warn", text: "two" },
    ]);
  });

  test("has higher ids after a restart, and tells everything to whoever has an id of the future", () => {
    const clock = new FakeClock();
    const before = new LogBuffer(clock).add("info", "before").id;
    clock.now = 1000;
    const journal = new LogBuffer(clock);
    journal.add("info", "after");
    expect(texts(journal, before)).toEqual(["after"]);
    expect(texts(journal, before + 1e9)).toEqual(["after"]);
  });

  test("remembers the last entries only", () => {
    const journal = new LogBuffer(new FakeClock());
    for (let number = 1; number <= 3 * REMEMBERED_ENTRIES; number++) journal.add("info", `entry ${number}`);
    expect(journal.since()).toHaveLength(REMEMBERED_ENTRIES);
    expect(texts(journal).at(0)).toBe(`entry ${2 * REMEMBERED_ENTRIES + 1}`);
    expect(texts(journal).at(-1)).toBe(`entry ${3 * REMEMBERED_ENTRIES}`);
  });

  test("leaves nothing in a text that could steer a terminal, and cuts one without end", () => {
    const journal = new LogBuffer(new FakeClock());
    expect(journal.add("error", "a\x1b[2Jb\nc").text).toBe("a\\u001b[2Jb\\u000ac");
    expect(journal.add("error", "x".repeat(10_000)).text.length).toBeLessThan(600);
  });
});
