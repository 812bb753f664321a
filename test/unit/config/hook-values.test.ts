import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { command, commandWords, webhookUrl } from "../../../src/config/hook-values.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { expectedFor, valueOf } from "./value.fixture.ts";

/** What a shell takes a text for: its words. */
function shellWords(text: string): string[] {
  const { stdout } = Bun.spawnSync(["sh", "-c", `printf '%s\\0' ${text}`]);
  return stdout.toString().split("\0").slice(0, -1);
}

describe("a command", () => {
  test.each<[string, string[]]>([
    ["/usr/bin/notify", ["/usr/bin/notify"]],
    ["  /usr/bin/notify  ", ["/usr/bin/notify"]],
    ["/usr/bin/logger -t gateways", ["/usr/bin/logger", "-t", "gateways"]],
    ["/opt/my\\ script a", ["/opt/my script", "a"]],
    ["'/opt/my script' \"it's\" ''", ["/opt/my script", "it's", ""]],
    ['/n "a \\"b\\" \\\\" \'$HOME | x\'', ["/n", 'a "b" \\', "$HOME | x"]],
    ["/n a~b x#y --url=https://example.com/a", ["/n", "a~b", "x#y", "--url=https://example.com/a"]],
    ["/n a'b c'd", ["/n", "ab cd"]],
  ])("%s is parted into its words", (text, words) => {
    expect(valueOf(command, text)).toEqual(words);
  });

  test.each(["notify", "./notify", "curl -d @- https://example.com", "", " ", "''", "a/b"])(
    "%p is refused: not an absolute path",
    (text) => expect(expectedFor(command, text)).toContain("absolute path"),
  );

  test.each([
    "/n | cat",
    "/n && /m",
    "/n; /m",
    "/n > /tmp/x",
    "/n $HOME",
    '/n "$HOME"',
    "/n `id`",
    "/n *.txt",
    "/n a?",
    "/n [a]",
    "~/notify",
    "/n ~",
    "/n # comment",
    "/n 'open",
    '/n "open',
    "/n \\",
    "/n a\nb",
    "/n\0",
  ])("%p is refused: only a shell knows what it means", (text) => {
    expect(expectedFor(command, text)).toContain("there is no shell");
  });

  test("means to us what it means to a shell", () => {
    const piece = fc.oneof(fc.constantFrom(..."ab/ -=.,:%@+~#!{}^ '\"\\é".split("")), fc.string({ maxLength: 2 }));
    const texts = fc.array(piece, { maxLength: 12 }).map((pieces) => `/n ${pieces.join("")}`);
    fc.assert(
      fc.property(texts, (text) => {
        const words = commandWords(text);
        fc.pre(words !== undefined);
        expect(words).toEqual(shellWords(text));
      }),
      { numRuns: 150 },
    );
  });

  test("of any characters is read in time that grows with its length", () => {
    const start = performance.now();
    for (const text of ["'".repeat(50_001), "a\\".repeat(50_000), "/n ".repeat(50_000)]) command.parse(text);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe("the URL of a webhook", () => {
  test.each([
    ["https://ntfy.example.com/gateways", "https://ntfy.example.com/gateways"],
    ["http://192.168.1.5:8080", "http://192.168.1.5:8080/"],
    [
      "https://user:p%40ss@example.com/a?token=x&m={{.message}}",
      "https://user:p%40ss@example.com/a?token=x&m={{.message}}",
    ],
  ])("%s is taken", (text, value) => {
    expect(valueOf(webhookUrl, text)).toBe(value);
  });

  test.each([
    "",
    "ntfy.example.com/gateways",
    "ftp://example.com",
    "https://",
    "https://exa mple.com/",
    "https://example.com/#a",
    "https://example.com:99999/",
  ])("%p is refused", (text) => expect(expectedFor(webhookUrl, text)).toContain("https://ntfy.example.com/gateways"));
});

describe("messages about a bad value show no secret:", () => {
  const problems = (flags: Record<string, string>): string => {
    const range = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };
    const parsed = parseConfig({ ...range, ...flags }, { environment: {}, readFile: () => "" });
    return parsed.ok ? "" : parsed.problems.join();
  };

  test("the arguments of a command", () => {
    const told = problems({ "on-change": "curl -H 'Authorization: hunter2' https://example.com" });
    expect(told).toStartWith('-on-change "curl": expected the absolute path');
    expect(told).not.toContain("hunter2");
  });

  test("any of a URL", () => {
    expect(problems({ "webhook-url": "ntfy.example.com/hunter2" })).toStartWith(
      "-webhook-url (not shown): expected a URL",
    );
  });
});
