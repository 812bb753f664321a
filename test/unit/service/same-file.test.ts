import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import type { Handler } from "../../../src/control/protocol.ts";
import { forFile } from "../../../src/service/same-file.ts";

const folder = mkdtempSync(join(tmpdir(), "grm-same-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "a.toml");
writeFileSync(file, "");
symlinkSync(file, join(folder, "link.toml"));

const met: Handler = async () => ({ ok: true, result: "met" });

const ask = (own: string | undefined, config?: string) =>
  forFile(own, { drain: met })["drain"]!({ command: "drain", ...(config !== undefined && { config }) });

test.each([
  ["names no file", undefined],
  ["names its file", file],
  ["names its file by a link", join(folder, "link.toml")],
])("a request that %s is met", async (_, asked) => {
  expect(await ask(file, asked)).toEqual({ ok: true, result: "met" });
  expect(await ask(relative(process.cwd(), file), asked)).toEqual({ ok: true, result: "met" });
});

test("a request is met while the file is missing", async () => {
  expect(await ask("/none/a.toml", "/none/a.toml")).toMatchObject({ ok: true });
});

test("a request for a service with another file is declined", async () => {
  const other = join(folder, "b.toml");
  expect(await ask(file, other)).toEqual({
    ok: false,
    code: "other-file",
    detail: `the service that answers has the configuration file "${file}", and not "${other}"`,
    remedy: "check -config, or add the -control-socket or -first-routing-table-id of the service that is meant",
  });
  expect(await ask(undefined, other)).toMatchObject({
    code: "other-file",
    detail: expect.stringMatching(/has no conf/),
  });
});
