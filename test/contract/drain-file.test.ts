/** The file that remembers drained gateways, on a real file system. */
import { afterEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readDrainFile, writeDrainFile } from "../../src/service/drain-file.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "grm-drain-"));
  folders.push(folder);
  return folder;
};

const SINCE = Date.parse("2026-11-27T01:02:03.456Z");
const ENTRIES = [
  { gateway: "sweden", address: "10.77.0.10", since: SINCE },
  { gateway: "10.77.0.11", address: "10.77.0.11", since: SINCE + 1000 },
];

test("what was written is read again, and people can read it", async () => {
  const path = join(newFolder(), "a/b/drained.json");
  await writeDrainFile(path, ENTRIES);
  expect(readDrainFile(path)).toEqual({ entries: ENTRIES });
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
    version: 1,
    drained: [
      { gateway: "sweden", address: "10.77.0.10", since: "2026-11-27T01:02:03.456Z" },
      { gateway: "10.77.0.11", address: "10.77.0.11", since: "2026-11-27T01:02:04.456Z" },
    ],
  });
});

test("file and folder are for the user of the service alone, and no draft is left", async () => {
  const path = join(newFolder(), "table/drained.json");
  await writeDrainFile(path, ENTRIES);
  await writeDrainFile(path, []);
  expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(path, ".."))).toEqual(["drained.json"]);
  expect(readDrainFile(path)).toEqual({ entries: [] });
});

test("a missing file, or a missing folder, remembers nothing", () => {
  expect(readDrainFile(join(newFolder(), "drained.json"))).toEqual({ entries: [] });
  expect(readDrainFile(join(newFolder(), "no/where/drained.json"))).toEqual({ entries: [] });
});

const entry = (changes: object): string =>
  JSON.stringify({ version: 1, drained: [{ gateway: "a", address: "10.0.0.1", since: "2026-11-27", ...changes }] });

describe("a file is not taken, with the reason, that", () => {
  test.each([
    ["is empty", "", "it is empty"],
    ["is full of zero bytes, as after a power failure", "\0".repeat(4096), "it is damaged: no JSON object"],
    ["is cut off", `{"version":1,"drained":[{"gateway":"a"`, "it is damaged: no JSON object"],
    ["is a list", "[]", "it is damaged: no JSON object"],
    ["has no version", "{}", "it is damaged: no version"],
    ["is of a later version", `{"version":2}`, "it has version 2, and this program knows 1"],
    ["has no list", `{"version":1}`, `it is damaged: "drained" 1 is no gateway`],
    ["has a gateway without a name", entry({ gateway: "" }), `it is damaged: "drained" 1 is no gateway`],
    ["has a name with a line break", entry({ gateway: "a\nb" }), `it is damaged: "drained" 1 is no gateway`],
    ["has a gateway without an address", entry({ address: 3 }), `it is damaged: "drained" 1 is no gateway`],
    ["has no time", entry({ since: "yesterday" }), `it is damaged: "drained" 1 is no gateway`],
    ["is too long", " ".repeat(1_048_577), "it has more than 1 MiB"],
  ])("%s", (_, text, why) => {
    const path = join(newFolder(), "drained.json");
    writeFileSync(path, text);
    expect(readDrainFile(path)).toEqual({
      entries: [],
      problem: `cannot read the drained gateways from "${path}": ${why}`,
    });
  });

  test("is a folder, a device or a loop of links", () => {
    const folder = newFolder();
    symlinkSync("loop", join(folder, "loop"));
    expect(readDrainFile(folder).problem).toEndWith(": it is no file");
    expect(readDrainFile("/dev/zero").problem).toEndWith(": it is no file");
    expect(readDrainFile(join(folder, "loop")).problem).toContain("ELOOP");
  });
});

test("a damaged file is replaced", async () => {
  const path = join(newFolder(), "drained.json");
  writeFileSync(path, "?");
  await writeDrainFile(path, ENTRIES);
  expect(readDrainFile(path)).toEqual({ entries: ENTRIES });
});

test("a file that cannot be written is an error, and what stands stays whole", async () => {
  const folder = newFolder();
  const path = join(folder, "drained.json");
  mkdirSync(join(path, "in the way"), { recursive: true }); // root may write anywhere
  await expect(writeDrainFile(path, ENTRIES)).rejects.toThrow(/EISDIR|EEXIST|ENOTEMPTY/);
  expect(readdirSync(folder)).toEqual(["drained.json"]);
  await expect(writeDrainFile("/proc/nowhere/drained.json", ENTRIES)).rejects.toThrow(/ENOENT|EACCES|EPERM/);
});

test("a folder without the right to write is an error for another user", async () => {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  const module = new URL("../../src/service/drain-file.ts", import.meta.url).pathname;
  const path = join(folder, "drained.json");
  const code = `
    const { writeDrainFile } = await import(${JSON.stringify(module)});
    process.setuid(65534);
    await writeDrainFile(${JSON.stringify(path)}, []).catch((error) => console.log(error.code));
  `;
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", cwd: "/" });
  expect(await child.stdout.text()).toBe("EACCES\n");
  expect(existsSync(path)).toBe(false);
});

test("a link at the place of the draft, which another user may have made, is not followed", async () => {
  const folder = newFolder();
  const path = join(folder, "drained.json");
  const other = join(folder, "other");
  writeFileSync(other, "as before");
  symlinkSync(other, join(folder, `.drained.json.${process.pid}`));
  await writeDrainFile(path, []);
  expect(readFileSync(other, "utf8")).toBe("as before");
  expect(readDrainFile(path)).toEqual({ entries: [] });
});
