/** A start of an executable whose file has been replaced, as by an upgrade. */
import { expect, test } from "bun:test";
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { EXECUTABLE } from "./lab/index.ts";

test("an executable whose file was deleted after it was opened starts without an error message", async () => {
  const folder = mkdtempSync(join(tmpdir(), "grm-replaced-"));
  const copy = join(folder, "gateway-route-manager");
  copyFileSync(EXECUTABLE, copy);
  const opened = openSync(copy, "r");
  rmSync(folder, { recursive: true });
  const flags = ["healthcheck", "-metrics-port", "1"];
  const child = Bun.spawn([`/proc/${process.pid}/fd/${opened}`, ...flags], { stdout: "pipe", stderr: "pipe", env: {} });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  closeSync(opened);
  expect({ stderr, status }).toEqual({ stderr: "", status: 1 });
  expect(stdout).toContain("http://127.0.0.1:1/healthz");
});
