import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { journalPrefix, leadsToJournal } from "../../../src/log/journal.ts";
import { createLog, type Format } from "../../../src/log/log.ts";

let folder: string;
let descriptor: number;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "grm-journal-"));
  descriptor = openSync(join(folder, "stream"), "w");
});
afterAll(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

describe("a descriptor leads to the journal", () => {
  test("where JOURNAL_STREAM has its device and inode", () => {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    expect(leadsToJournal(`${dev}:${ino}`, descriptor)).toBe(true);
  });

  test("and not where it has those of another one, as when the output is redirected", () => {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    for (const other of [`${dev}:${ino + 1n}`, `${dev + 1n}:${ino}`, `${dev}`, `${dev}:${ino} `, "", undefined]) {
      expect(leadsToJournal(other, descriptor)).toBe(false);
    }
  });

  test("and not where it is closed", () => {
    expect(leadsToJournal("1:1", 987)).toBe(false);
  });
});

test.each<Format>(["text", "logfmt", "json"])("a line of %s begins with the priority of its level", (format) => {
  const written: string[] = [];
  const log = createLog("debug", format, { write: (text) => written.push(text) > 0 }, journalPrefix);
  for (const level of ["error", "warn", "info", "debug"] as const) log(level, "message");
  expect(written.map((line) => line.slice(0, 3))).toEqual(["<3>", "<4>", "<6>", "<7>"]);
});
