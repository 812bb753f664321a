/** An executable that is replaced while it starts, as by an upgrade. */
import { expect, test } from "bun:test";
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { EXECUTABLE } from "./lab/index.ts";

test("it starts all the same, and without a word about it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "grm-replaced-"));
  const copy = join(folder, "gateway-route-manager");
  copyFileSync(EXECUTABLE, copy);
  const opened = openSync(copy, "r");
  rmSync(folder, { recursive: true });
  const flags = ["healthcheck", "-metrics-port", "1"];
  const child = Bun.spawn([`/proc/${process.pid}/fd/${opened}`, ...flags], { stdout: "pipe", stderr: "pipe", env: {} });
  const [output, complaint, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  closeSync(opened);
  expect({ complaint, status }).toEqual({ complaint: "", status: 1 });
  expect(output).toContain("http://127.0.0.1:1/healthz");
});
