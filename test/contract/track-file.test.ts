/** Track files, on a real file system. */
import { expect, onTestFinished, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseConfigFile } from "../../src/config/file/config-of-file.ts";
import type { Log } from "../../src/log/log.ts";
import { TrackFile } from "../../src/service/track-file.ts";
import { TrackFiles } from "../../src/service/track-files.ts";
import { useOf } from "../../src/status/usable.ts";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "grm-track-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function newLog() {
  const lines: string[] = [];
  const log: Log = Object.assign((level: string, text: string) => void lines.push(`${level} ${text}`), {
    writes: () => true,
  });
  return { lines, log };
}

/** Two pools, of which the first may have a file of its own. */
function configWith(trackFile: string, format: string, own = "") {
  const text = `[service]
track-file = "${trackFile}"
track-file-format = "${format}"
[[gateway]]
address = "10.0.0.1"
[[pool]]
name = "home"
from = ["10.1.0.0/24"]
${own}
[[pool]]
name = "guest"
`;
  const parsed = parseConfigFile({ path: "c.toml", text }, {}, { environment: {}, readFile: () => undefined });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

const read = (path: string): string => readFileSync(path, "utf8");
const pool = (name: string | undefined, usable: number) =>
  useOf({ name, least: 1, gateways: 3 }, [{ family: 4, usable, total: 3 }]);

test("a write replaces the file as a whole, for all users to read, and leaves no draft", async () => {
  const folder = newFolder();
  const path = join(folder, "a/b/usable");
  const before = process.umask(0o077); // as in the unit for systemd
  onTestFinished(() => void process.umask(before));
  const file = new TrackFile(path, newLog().log);
  await file.write("1\n");
  const { ino } = statSync(path);
  await file.write("2\n");
  expect(read(path)).toBe("2\n");
  expect(statSync(path).ino).not.toBe(ino);
  expect(statSync(path).mode & 0o777).toBe(0o644);
  expect(readdirSync(join(folder, "a/b"))).toEqual(["usable"]);
});

test("of texts that come faster than they can be written, the last one is in the file", async () => {
  const path = join(newFolder(), "usable");
  const file = new TrackFile(path, newLog().log);
  await Promise.all(Array.from({ length: 200 }, (_, index) => file.write(`${index}\n`)));
  expect(read(path)).toBe("199\n");
});

test("a program that watches the folder sees the file moved into its place", async () => {
  const folder = newFolder();
  const file = new TrackFile(join(folder, "usable"), newLog().log);
  await file.write("1\n");
  const names = new Set<string | null>();
  const controller = new AbortController();
  const seen = (async () => {
    for await (const { filename, eventType } of watch(folder, { signal: controller.signal })) {
      names.add(filename);
      if (eventType === "rename" && filename === "usable") return;
    }
  })();
  await file.write("2\n");
  await seen;
  controller.abort();
  expect(names.has("usable")).toBe(true);
});

test("a link in the place of the draft is not followed", async () => {
  const folder = newFolder();
  const [path, target] = [join(folder, "usable"), join(folder, "target")];
  symlinkSync(target, join(folder, `.usable.${process.pid}`));
  await new TrackFile(path, newLog().log).write("1\n");
  expect(readdirSync(folder)).toEqual(["usable"]);
});

test("a file that cannot be written is reported once, and so is its first success", async () => {
  const folder = newFolder();
  const path = join(folder, "usable");
  mkdirSync(path);
  const { lines, log } = newLog();
  const file = new TrackFile(path, log);
  onTestFinished(() => file.stop());
  await file.write("1\n");
  await file.write("2\n");
  expect(lines).toEqual([
    expect.stringMatching(
      /^error cannot write the track file ".*usable": .*; who reads it finds an old value; next try in 5s$/,
    ),
  ]);
  rmSync(path, { recursive: true });
  await file.write("3\n");
  expect(lines[1]).toMatch(/^info the track file ".*usable" is written again$/);
  expect(read(path)).toBe("3\n");
});

test("the files of the service follow their pools, and say at a stop that nothing is usable", async () => {
  const folder = newFolder();
  const [all, home] = [join(folder, "all"), join(folder, "home")];
  const files = new TrackFiles(newLog().log);
  const config = configWith(all, "number", `track-file = "${home}"`);
  await files.show(config, [pool("home", 3), pool("guest", 2)]);
  expect([read(all), read(home)]).toEqual(["2\n", "3\n"]);
  await files.show(config, [pool("home", 3), pool("guest", 0)]);
  expect([read(all), read(home)]).toEqual(["0\n", "3\n"]);
  await files.stop();
  await files.show(config, [pool("home", 3), pool("guest", 2)]);
  expect([read(all), read(home)]).toEqual(["0\n", "0\n"]);
});

test("a file that a reload leaves out says that nothing is usable", async () => {
  const folder = newFolder();
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  const files = new TrackFiles(newLog().log);
  await files.show(configWith(first, "shell"), [pool("home", 3)]);
  await files.show(configWith(second, "shell"), [pool("home", 3)]);
  expect([read(first), read(second)]).toEqual([
    "pool=home usable=0 total=3 least=1 state=stopped\n",
    "pool=home usable=3 total=3 least=1 state=usable\n",
  ]);
});
