/** The codes of an `ip` that does not work, from programs of that name that really do what they stand for. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { checkPrivilege, checkRules, findIp } from "../../src/routing/iproute2/abilities.ts";
import { IpError } from "../../src/routing/iproute2/error.ts";
import { readMarkedRoutes, readNeighbours, readRulesAndRoutes } from "../../src/routing/iproute2/inspect.ts";
import { createKernel } from "../../src/routing/iproute2/kernel.ts";

const PATH = process.env["PATH"]!;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "grm-ip-"));
  process.env["PATH"] = folder;
});
afterEach(() => {
  process.env["PATH"] = PATH;
  rmSync(folder, { recursive: true });
});

/** Puts a shell script, or another file, in the place of `ip`. */
function writeIp(script: string): void {
  writeFileSync(join(folder, "ip"), script, { mode: 0o755 });
}

const sh = (lines: string): string => `#!/bin/sh\nPATH=${PATH}\n${lines}\n`;

async function errorOf(run: () => Promise<unknown>): Promise<IpError> {
  const error = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(IpError);
  return error as IpError;
}

test("a missing ip has the code missing and the packages as remedy", async () => {
  const { code, message } = await errorOf(findIp);
  expect(code).toBe("missing");
  expect(message).toBe(
    "cannot run ip: there is no such command; install iproute2 (Debian and Alpine: package iproute2; OpenWrt: ip-full)",
  );
});

test.each([
  ["BusyBox's", sh(`echo "BusyBox v1.36.1" >&2; exit 1`), "busybox"],
  ["another program's", sh("echo hello"), "not-iproute2"],
  ["too old", sh('echo "ip utility, iproute2-ss190924"'), "too-old"],
  ["killed", sh("kill -9 $$"), "killed"],
  ["endless", sh("exec cat /dev/zero"), "too-much-output"],
])("the release of an ip that is %s cannot be used", async (_, script, code) => {
  writeIp(script);
  expect((await errorOf(findIp)).code).toBe(code as IpError["code"]);
});

test("an ip that is no program is reported as one of the two reasons that cannot be told apart", async () => {
  writeIp("no program");
  const { code, detail } = await errorOf(findIp);
  expect(code).toBe("exhausted");
  expect(detail).toEndWith(", or it is no program for this machine");
});

test.each([
  ["Operation not permitted", "not-permitted"],
  ["Permission denied", "not-permitted"],
])("the answer %j to a change has the code %s and CAP_NET_ADMIN as remedy", async (answer, code) => {
  writeIp(sh(`echo "RTNETLINK answers: ${answer}" >&2; exit 2`));
  const error = await errorOf(() => checkPrivilege(180));
  expect(error.code).toBe(code as IpError["code"]);
  expect(error.remedy).toContain("CAP_NET_ADMIN");
});

test("a privilege is there when the kernel only misses the route", async () => {
  writeIp(sh('echo "RTNETLINK answers: No such process" >&2; exit 2'));
  await checkPrivilege(180);
});

test("a kernel without rules is reported with the answer of ip", async () => {
  writeIp(sh('echo "RTNETLINK answers: Operation not supported" >&2; exit 1'));
  const { code, detail } = await errorOf(checkRules);
  expect(code).toBe("no-rules");
  expect(detail).toEndWith(": Operation not supported");
});

test.each([
  ["garbage", "echo garbage; echo garbage; echo garbage", "unexpected output of ip: expected JSON"],
  ["nothing", "exit 0", "unexpected output of ip: expected a list for each command"],
  ["other types", "echo '[5]'; echo '[5]'; echo '[5]'", "unexpected output of ip: expected a list of objects"],
])("an ip that prints %s is unreadable, whatever is read", async (_, script, detail) => {
  writeIp(sh(script));
  const kernel = createKernel({ mostWords: 511 });
  const reads = [
    () => readRulesAndRoutes("8.8.8.8"),
    readMarkedRoutes,
    readNeighbours,
    () => kernel.observe(180, []),
    () => kernel.readAddresses(),
  ];
  for (const read of reads) {
    const error = await errorOf(read);
    expect([error.code, error.detail]).toEqual(["unreadable", detail]);
    expect(error.remedy).toStartWith("reinstall iproute2");
  }
});

test.each([
  ['echo "Error: it broke." >&2; echo "Command failed -:1" >&2; exit 1', "failed", /: Error: it broke\.$/],
  ['echo "BusyBox v1.36.1" >&2; exit 1', "busybox", /BusyBox/],
])("an ip that fails to list is reported by its own message: %s", async (script, code, detail) => {
  writeIp(sh(script));
  const error = await errorOf(() => readRulesAndRoutes("8.8.8.8"));
  expect(error.code).toBe(code as IpError["code"]);
  expect(error.detail).toMatch(detail);
});
