/** Files that the service runs or obeys, and users who could change or read them. */
import { beforeEach, describe, expect, onTestFinished, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { optionList, variableOf } from "../../src/config/options.ts";
import { checkFiles, commandFindings } from "../../src/diagnose/own-files.ts";
import { giveNetAdmin } from "../fixtures/file-capabilities.ts";
import { faultOfFileCapabilities, hasFileCapabilities } from "../../src/service/own-privileges.ts";

let folder: string;
let hook: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "grm-files-"));
  const path = folder;
  onTestFinished(() => rmSync(path, { recursive: true }));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "hooks"), { mode: 0o755 });
  hook = join(folder, "hooks/notify");
  writeFileSync(hook, "#!/bin/sh\n", { mode: 0o755 });
});

const warningsAbout = (path: string): string[] =>
  commandFindings(path)
    .filter(({ level }) => level !== "ok")
    .map(({ message, remedy }) => `${message} -> ${remedy}`);

describe("the program of -on-change", () => {
  test("is fine where root alone can change it, also below a folder in which all users make files", () => {
    chmodSync(folder, 0o1777);
    expect(commandFindings(hook)).toMatchObject([{ level: "ok" }]);
  });

  test("may be changed by its owner", () => {
    chownSync(hook, 12_345, 0);
    expect(warningsAbout(hook)).toEqual([
      `user 12345 owns ${hook}, and can thereby change what the service does with ${hook} -> chown root ${hook}`,
    ]);
  });

  test.each([
    [0o757, "every user may write to", "chmod o-w"],
    [0o777, "every user may write to", "chmod o-w"],
  ])("may be changed by others by its mode: %o", (mode, why, remedy) => {
    chmodSync(hook, mode);
    expect(warningsAbout(hook)).toEqual([expect.stringContaining(`${why} ${hook}`)]);
    expect(warningsAbout(hook)[0]).toEndWith(`${remedy} ${hook}`);
  });

  test("may be changed by its group, unless that is root's", () => {
    chmodSync(hook, 0o775);
    expect(warningsAbout(hook)).toEqual([]);
    chownSync(hook, 0, 12_345);
    expect(warningsAbout(hook)[0]).toStartWith(`group 12345 may write to ${hook}`);
  });

  test("may be replaced by way of any folder above it", () => {
    chmodSync(folder, 0o777);
    expect(warningsAbout(hook)[0]).toStartWith(`every user may write to ${folder}, and can thereby change what`);
    chmodSync(folder, 0o755);
    chownSync(folder, 12_345, 0);
    expect(warningsAbout(hook)[0]).toStartWith(`user 12345 owns ${folder}`);
  });

  test("may be replaced by way of a folder above a link to it, or above the file that a link leads to", () => {
    const open = join(folder, "open");
    mkdirSync(open);
    const link = join(open, "link");
    symlinkSync(hook, link);
    expect(warningsAbout(link)).toEqual([]);
    chmodSync(open, 0o777);
    expect(warningsAbout(link)[0]).toStartWith(`every user may write to ${open}`);
    chmodSync(open, 0o755);
    chmodSync(join(folder, "hooks"), 0o777);
    expect(warningsAbout(link)[0]).toStartWith(`every user may write to ${join(folder, "hooks")}`);
  });
});

test("a configuration file that another user can change is a warning", () => {
  const service = { config: hook } as Parameters<typeof checkFiles>[0];
  expect(checkFiles(service, {})).toEqual([]);
  chmodSync(hook, 0o666);
  expect(checkFiles(service, {})).toMatchObject([
    { topic: "configuration file", message: expect.stringContaining("every user may write") },
  ]);
});

describe("the file of a secret", () => {
  const variables = optionList.flatMap((option) =>
    option.secret ? [variableOf(option), ...(option.legacyVariable ? [option.legacyVariable] : [])] : [],
  );
  const found = (name: string) => checkFiles({} as Parameters<typeof checkFiles>[0], { [`${name}_FILE`]: hook });

  test.each(variables)("of %s is a warning where every user can read it", (name) => {
    expect(found(name)).toEqual([
      {
        level: "warning",
        topic: "secrets",
        message: `every user can read the secret in ${hook}`,
        remedy: `chmod o-r ${hook}`,
      },
    ]);
    chmodSync(hook, 0o600);
    expect(found(name)).toEqual([]);
  });

  test("is fine in a folder that is shut for others, and one that does not exist has its own error at the start", () => {
    chmodSync(folder, 0o700);
    expect(found(variables[0]!)).toEqual([]);
    hook = "/nowhere/secret";
    expect(found(variables[0]!)).toEqual([]);
  });
});

test("an executable with file capabilities is recognised, and one without is not", () => {
  expect(hasFileCapabilities(hook)).toBe(false);
  giveNetAdmin(hook);
  expect(hasFileCapabilities(hook)).toBe(true);
});

describe("a process that may change no routes", () => {
  const status = (uids: string, effective: string, ambient: string): string =>
    `Name:\tgrm\nUid:\t${uids}\nCapInh:\t0000000000000000\nCapEff:\t${effective}\nCapBnd:\t000001ffffffffff\nCapAmb:\t${ambient}\n`;
  const [NONE, NET_ADMIN] = ["0000000000000000", "0000000000001000"];

  test.each([
    ["as another user, by the capabilities of its file", "1000\t1000\t1000\t1000", NET_ADMIN, NONE, true],
    ["as another user, by ambient ones", "977\t977\t977\t977", NET_ADMIN, NET_ADMIN, false],
    ["as another user, without any", "1000\t1000\t1000\t1000", NONE, NONE, false],
    ["as root", "0\t0\t0\t0", NET_ADMIN, NONE, false],
  ])("names the file's capabilities where these are the cause: %s", (_, uids, effective, ambient, expected) => {
    const fault = faultOfFileCapabilities(status(uids, effective, ambient), "/usr/bin/it is");
    expect(fault !== undefined).toBe(expected);
    if (fault) expect(fault.remedy).toEndWith("setcap -r '/usr/bin/it is'");
  });
});
