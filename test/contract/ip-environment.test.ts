/** What the `ip` command gets in its environment, by a program of that name that writes it down. */
import { expect, onTestFinished, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { optionList, variableOf } from "../../src/config/options.ts";
import { findIp } from "../../src/routing/iproute2/abilities.ts";
import { createKernel } from "../../src/routing/iproute2/kernel.ts";

const SECRET = "hunter2";

/** Every variable that may hold a secret or name its file, and others that are of the service alone. */
const VARIABLES = [
  ...optionList.flatMap((option) => {
    const names = [variableOf(option), option.legacyVariable].filter((name) => name !== undefined);
    return names.flatMap((name) => [name, `${name}_FILE`]);
  }),
  ...["NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD", "HOME"],
];

/** An `ip` that appends its environment to a file, whose path is returned. The test's own environment has the secrets. */
function writeIp(): string {
  const folder = mkdtempSync(join(tmpdir(), "grm-ip-"));
  const before = { ...process.env };
  onTestFinished(() => {
    for (const name of VARIABLES) delete process.env[name];
    Object.assign(process.env, before);
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, "environment");
  writeFileSync(
    join(folder, "ip"),
    `#!/bin/sh\n/usr/bin/env >> ${file}\ncase "$*" in *monitor*) exec /bin/sleep 10 ;; esac\n`,
    { mode: 0o755 },
  );
  for (const name of VARIABLES) process.env[name] = SECRET;
  Object.assign(process.env, { PATH: folder, LD_LIBRARY_PATH: "/nowhere" });
  return file;
}

function variablesIn(file: string): string[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const shells = /^(PWD|OLDPWD|SHLVL|_)=/;
  return [...new Set(lines.filter((line) => line !== "" && !shells.test(line)))].sort();
}

const expectedIn = (file: string): string[] =>
  [
    `PATH=${file.replace("/environment", "")}`,
    "LD_LIBRARY_PATH=/nowhere",
    "LC_ALL=C",
    "COLORFGBG=",
    "NO_COLOR=1",
  ].sort();

test("ip is run with what it needs, and without any secret of the service", async () => {
  const file = writeIp();
  await findIp().catch(() => {});
  expect(readFileSync(file, "utf8")).not.toContain(SECRET);
  expect(variablesIn(file)).toEqual(expectedIn(file));
});

test("so is ip monitor, for as long as the service runs", async () => {
  const file = writeIp();
  const { promise: listens, resolve } = Promise.withResolvers<unknown>();
  const watching = createKernel({ mostWords: 100, families: [4] }).watch(resolve);
  onTestFinished(() => watching.stop());
  expect(await listens).toEqual({ kind: "overflow" }); // a moment after it was started
  expect(variablesIn(file)).toEqual(expectedIn(file));
});
