/** Commands whose output cannot be written, as on a full disk. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { EXECUTABLE, openLab } from "./lab/index.ts";
import { runIn } from "./lab/executable.ts";

setDefaultTimeout(60_000);

/** Runs the executable in a shell that directs its standard output; the exit status is that of the executable. */
function run(words: string, direction: string) {
  const script = `"$0" ${words} ${direction}; exit \${PIPESTATUS[0]}`;
  const { exitCode, stdout, stderr } = Bun.spawnSync(["bash", "-c", script, EXECUTABLE], {
    env: { PATH: process.env["PATH"]! },
  });
  return { status: exitCode, output: stdout.toString(), complaint: stderr.toString() };
}

const RANGE = "-start-ip 10.77.0.11 -end-ip 10.77.0.13";
const SERVICE = `service systemd ${RANGE}`;
const COMMANDS = ["-help", "-version", "help", "help metrics", "completion bash", SERVICE, "print dashboard"];

describe.each([
  [">/dev/full", "cannot write to standard output: ENOSPC: no space left on device"],
  [">&-", "cannot write to standard output: EBADF: bad file descriptor"],
])("with standard output %s", (direction, why) => {
  test.each(COMMANDS)("%s fails and says why", (words) => {
    const { status, complaint } = run(words, direction);
    expect(complaint).toContain(why);
    expect(status).toBe(1);
  });

  test("status, plan and check fail and say why, and healthcheck still answers by its exit status", async () => {
    const lab = await openLab();
    await lab.start().untilReady();
    const shell = (words: string) => runIn(lab.router, ["sh", "-c", `"$0" ${words} ${direction}`, EXECUTABLE]);
    for (const words of ["status", `plan -json ${RANGE}`, `check -json ${RANGE} -port 9999`]) {
      expect(await shell(words)).toMatchObject({ status: 1, stderr: expect.stringContaining(why) });
    }
    expect(await shell("healthcheck")).toMatchObject({ status: 0, stderr: "" });
  });
});

test.each(COMMANDS)("%s succeeds when its output is not read to the end, or discarded", (words) => {
  for (const direction of ["| head -c 1 >&2", "| true", ">/dev/null"]) {
    const { status, complaint } = run(words, direction);
    expect([status, complaint.includes("cannot write")]).toEqual([0, false]);
  }
});
