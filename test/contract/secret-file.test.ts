import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readSecretFile } from "../../src/cli/commands/secret-file.ts";
import { parseConfig } from "../../src/config/parse.ts";

const LONGEST = 65_536;

function reading(content: string): () => string {
  const folder = mkdtempSync(join(tmpdir(), "grm-secret-"));
  const path = join(folder, "secret");
  writeFileSync(path, content);
  return () => {
    try {
      return readSecretFile(path);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

test.each(["", "secret\n", "schlüssel", "x".repeat(LONGEST)])(
  "a secret's file of up to 64 KiB is read whole: %#",
  (text) => {
    expect(reading(text)()).toBe(text);
  },
);

test("a secret's file that is longer is rejected", () => {
  expect(reading("x".repeat(LONGEST + 1))).toThrow("more than 64 KiB");
});

test("a secret is read from a pipe, also where it arrives in parts", async () => {
  const script = `import { readSecretFile } from "${import.meta.dir}/../../src/cli/commands/secret-file.ts";
    process.stdout.write(readSecretFile("/dev/fd/0"));`;
  const shell = `(printf se; sleep 0.1; printf cret) | "${process.execPath}" -e '${script}'`;
  expect(Bun.spawnSync(["sh", "-c", shell]).stdout.toString()).toBe("secret");
});

test("a device without an end is named as the problem, with its variable and the remedy", () => {
  const environment = { GRM_HTTP_PASSWORD_FILE: "/dev/zero" };
  const parsed = parseConfig({}, { environment, readFile: readSecretFile, partial: true });
  expect(parsed.ok ? [] : parsed.problems).toEqual([
    'GRM_HTTP_PASSWORD_FILE "/dev/zero": cannot be read (it has more than 64 KiB: name a file that holds the secret alone)',
  ]);
});

test("a missing file, and a folder, are rejected", () => {
  for (const path of ["/missing", "/"]) expect(() => readSecretFile(path)).toThrow();
});
