import { expect, test } from "bun:test";
import fc from "fast-check";

import { systemdWord } from "../../../../src/cli/service-files/quoting.ts";
import { shellWord } from "../../../../src/text/shell-word.ts";

const word = fc.string({ unit: fc.constantFrom(...`ab1 -=/$%"'\\\`!*?#;&|<>()[]{}~\t`) });

/** The words that a shell makes of a text. */
function shellReads(text: string): string[] {
  const { stdout } = Bun.spawnSync(["sh", "-c", `printf '%s\\0' ${text}`]);
  return stdout.toString().split("\0").slice(0, -1);
}

test("a shell reads each quoted word as it was, with any characters in it", () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      expect(shellReads(words.map(shellWord).join(" "))).toEqual(words);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["-start-ip", "-start-ip"],
  ["10.0.0.0/8,11.0.0.0/8", "10.0.0.0/8,11.0.0.0/8"],
  ["", '""'],
  ["a b", '"a b"'],
  ["100%", "100%%"],
  ["$HOME", "$$HOME"],
  ['say "x\\y"', '"say \\"x\\\\y\\""'],
])("the word %p is written as %s in a systemd unit", (text, written) => {
  expect(systemdWord(text, 1)).toBe(written);
});

test.each([
  ["/opt/a b/program", '"/opt/a b/program"'],
  ["/opt/100%/program", "/opt/100%%/program"],
  ["/opt/$a/program", "/opt/$a/program"],
])("the program %p is written as %s in a systemd unit", (path, written) => {
  expect(systemdWord(path, 0)).toBe(written);
});
