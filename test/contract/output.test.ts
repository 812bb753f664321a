import { expect, test } from "bun:test";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Output } from "../../src/log/async-stdout.ts";

const LINE = `${"x".repeat(1023)}\n`;

test("the output writes all lines in order", async () => {
  const path = join(tmpdir(), `grm-output-${process.pid}`);
  const descriptor = openSync(path, "w");
  const output = new Output(descriptor);
  for (let line = 0; line < 500; line++) expect(output.write(`${line}\n`)).toBe(true);
  await output.drained();
  closeSync(descriptor);
  expect(output.lost).toBeUndefined();
  expect(readFileSync(path, "utf8")).toBe(Array.from({ length: 500 }, (_, line) => `${line}\n`).join(""));
  unlinkSync(path);
});

test("the output never blocks on a pipe that is not read, and queues a bounded number of lines", async () => {
  const path = join(tmpdir(), `grm-pipe-${process.pid}`);
  Bun.spawnSync(["mkfifo", path]);
  const reader = Bun.spawn(["sh", "-c", 'exec sleep 60 <"$0"', path]);
  const descriptor = openSync(path, "w"); // returns when the reader has it open too
  const output = new Output(descriptor);
  let taken = 0;
  while (taken < 10_000 && output.write(LINE)) taken++;
  expect(taken).toBeGreaterThan(1000);
  expect(taken).toBeLessThan(2000);
  reader.kill("SIGKILL");
  await reader.exited;
  await output.drained(); // the reader has ended: the queued lines are dropped
  closeSync(descriptor);
  unlinkSync(path);
});

test("the output drops lines on a full disk without an exception, and names the error", async () => {
  const descriptor = openSync("/dev/full", "w");
  const output = new Output(descriptor);
  expect(output.write(LINE)).toBe(true);
  await output.drained();
  expect(output.write(LINE)).toBe(true);
  await output.drained();
  expect(output.lost).toContain("ENOSPC");
  expect(output.abandoned).toBe(false);
  closeSync(descriptor);
});

test("a patient output waits for space on a full disk, and continues after the last byte that was written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "grm-full-"));
  Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=16k", "none", folder]);
  const descriptor = openSync(join(folder, "log"), "a");
  try {
    writeFileSync(join(folder, "other"), Buffer.alloc(8192));
    const output = new Output(descriptor);
    output.patient = true;
    for (let line = 0; line < 12; line++) expect(output.write(LINE)).toBe(true);
    while (statSync(join(folder, "log")).size < 8192) await Bun.sleep(1);
    await Bun.sleep(10); // ms in which the next write fails, of which there is no event
    unlinkSync(join(folder, "other"));
    await output.drained();
    expect(readFileSync(join(folder, "log"), "utf8")).toBe(LINE.repeat(12));
  } finally {
    closeSync(descriptor);
    Bun.spawnSync(["umount", folder]);
    rmdirSync(folder);
  }
});
