import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { COMMANDS } from "../../../../src/cli/commands/commands.ts";
import { optionList } from "../../../../src/config/options.ts";
import { manual } from "../../../../src/cli/manual/manual.ts";
import { runFolder, stateFolder } from "../../../../src/service/own-files.ts";
import { plain, sentences, word } from "../../../../src/cli/manual/mdoc.ts";
import { mdocOf } from "../../../../src/cli/manual/page.ts";
import { pages } from "../../../../src/guide/guide.ts";
import { parseMarkdown, textOf } from "../../../../src/guide/markdown.ts";

const lines = manual(COMMANDS, "1.2.3").split("\n");

/** What stands between a line and the next one of these. */
function after(head: string, ends = /^\.(It|Ss|Sh|El)/): string[] {
  const start = lines.findIndex((line) => line === head || line.startsWith(`${head} `));
  expect([head, start]).not.toEqual([head, -1]);
  const rest = lines.slice(start + 1);
  return rest.slice(
    0,
    rest.findIndex((line) => ends.test(line)),
  );
}

test("it is the page of this version, in the section for administrators", () => {
  expect(lines).toContain('.Os "gateway-route-manager 1.2.3"');
  expect(lines).toContain(".Dt GATEWAY-ROUTE-MANAGER 8");
  expect(manual(COMMANDS, "1.2.3")).toEndWith("ip-rule 8\n");
});

test("it has its sections in their order", () => {
  const sections = lines.flatMap((line) => (line.startsWith(".Sh ") ? line.slice(4) : []));
  expect(sections).toEqual([
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "COMMANDS",
    "FLAGS",
    "CONFIGURATION FILE",
    "POOLS",
    "WEIGHTS AND TIERS",
    "THRESHOLDS",
    "KILL SWITCH",
    "EXCLUSIONS",
    "DDNS",
    "MAINTENANCE",
    "HOOKS",
    "RUN AS A SERVICE",
    "IN THE KERNEL",
    "ENVIRONMENT",
    "FILES",
    "EXIT STATUS",
    "EXAMPLES",
    "DIAGNOSTICS",
    "DOCUMENTATION",
    "SEE ALSO",
  ]);
});

test("it has the places of the files that the service makes", () => {
  const paths = lines.flatMap((line) => (line.startsWith(".It Pa ") ? line.slice(7).replaceAll("\\-", "-") : []));
  expect(paths).toContain(`${runFolder(180)}/control.sock`.replace("180", "TABLE"));
  expect(paths).toContain(`${stateFolder(180)}/drained.json`.replace("180", "TABLE"));
});

describe("of the flag", () => {
  test.each(optionList.map((option) => [option.flag, option] as const))("-%s it says what it means", (name, option) => {
    const told = after(`.It Fl ${name.replaceAll("-", "\\-")}`);
    expect(told.join(" ")).toContain(option.help.replaceAll("`", "").split(" ")[0]!);
    const variables = told.flatMap((line) => /^\.Ev (\w+)/.exec(line)?.[1] ?? []);
    expect(variables[0]).toBe(`GRM_${name.toUpperCase().replaceAll("-", "_")}`);
    expect(variables.slice(1).some((one) => one.endsWith("_FILE"))).toBe(option.secret === true);
    expect(told.includes("May be repeated.")).toBe(option.repeatable !== undefined);
    if (option.fallback) expect(told).toContain(`The default is ${option.fallback}.`);
  });
});

describe("of the command", () => {
  test.each(COMMANDS.map((command) => [command.name, command] as const))("%s it says what it does", (name, command) => {
    const subject = command.subject === undefined ? "" : ` Ar ${command.subject.placeholder.replaceAll("-", "\\-")}`;
    expect(after(`.It Ic ${name}${subject} Op Ar flags`).length).toBeGreaterThan(0);
    for (const { flag } of command.options ?? [])
      expect(lines.some((line) => line.startsWith(`.It Fl ${flag.replaceAll("-", "\\-")}`))).toBe(true);
    for (const [status, meaning] of command.statuses ?? []) {
      const told = after(`Of ${name}:`, /^\.El/);
      expect(told[told.indexOf(`.It ${status}`) + 1]).toStartWith(meaning.split(":")[0]!);
    }
  });
});

describe("from the guide it has", () => {
  test.each([
    ["DESCRIPTION", "how-it-works"],
    ["THRESHOLDS", "thresholds"],
    ["KILL SWITCH", "kill-switch"],
    ["EXCLUSIONS", "exclusions"],
    ["DDNS", "ddns"],
    ["HOOKS", "hooks"],
    ["RUN AS A SERVICE", "service"],
    ["IN THE KERNEL", "kernel"],
    ["DIAGNOSTICS", "troubleshooting"],
  ])("as the section %s the page %s, with all of its headings", (section, topic) => {
    const blocks = parseMarkdown(pages.find((page) => page.topic === topic)!.markdown);
    const start = lines.indexOf(`.Sh ${section}`);
    const text = lines.slice(
      start + 1,
      lines.findIndex((line, index) => index > start && line.startsWith(".Sh ")),
    );
    expect(text).toContain(textOf(blocks[1]!));
    const headings = blocks.flatMap((block) => (block.tag === "h2" ? textOf(block).split(" ")[0]! : []));
    expect(text.flatMap((line) => /^\.Ss (?:\\&)?(\S+)/.exec(line)?.[1]!.replaceAll("\\-", "-") ?? [])).toEqual(
      headings,
    );
  });

  test("the examples of getting-started, to type as they are", () => {
    const shown = after(".Sh EXAMPLES", /^\.Sh/);
    const blocks = parseMarkdown(pages.find(({ topic }) => topic === "getting-started")!.markdown);
    const start = blocks.findIndex((block) => textOf(block) === "Examples");
    const typed = blocks.slice(start).filter(({ tag }) => tag === "pre");
    expect(typed.length).toBeGreaterThan(3);
    for (const line of typed.flatMap((block) => textOf(block).trim().split("\n"))) {
      expect(shown).toContain(line.replaceAll("\\", "\\e"));
    }
  });

  test("every topic, as a section or in a list", () => {
    const listed = after(".Sh DOCUMENTATION", /^\.Sh/).flatMap((line) => /^\.It Ic (\S+)/.exec(line)?.[1] ?? []);
    const chapters = ["thresholds", "kill-switch", "exclusions", "ddns", "hooks", "service", "kernel"];
    const sections = ["configuration-file", "pools", "tiers", "maintenance", ...chapters];
    const topics = [...listed.map((name) => name.replaceAll("\\-", "-")), ...sections];
    expect(topics.sort()).toEqual(pages.map(({ topic }) => topic).sort());
  });
});

describe("a page as mdoc", () => {
  const mdoc = (markdown: string): string[] => mdocOf(parseMarkdown(markdown)).flatMap((text) => text.split("\n"));

  test.each([
    ["a paragraph", "one `-a` **b** *c*\n\ntwo\n", ["one \\fB\\-a\\fR \\fBb\\fR \\fIc\\fR", ".Pp", "two"]],
    ["a title and a heading", "# T\n\n## No `-a` Fl\n\none\n", [".Ss \\&No \\-a \\&Fl", "one"]],
    ["a sentence that begins with code", "One. `-a` two.\n", ["One.", "\\fB\\-a\\fR two."]],
    ["a link", "[a](ddns.md#b) [c](https://d.example/)\n", ["a (help ddns) c (https://d.example/)"]],
    ["code", "```\n.a \\\n\n'b\n```\n", [".Bd -literal -offset indent", "\\&.a \\e", "", "\\&'b", ".Ed"]],
    ["a list", "a\n\n- b\n- c\n", ["a", ".Pp", ".Bl -bullet -compact", ".It", "b", ".It", "c", ".El"]],
    ["a loose list", "1. b\n\n   d\n\n2. c\n", [".Bl -enum", ".It", "b", ".Pp", "d", ".It", "c", ".El"]],
    ["a table", "| A | B |\n| - | - |\n| `x` | y |\n", [".Bl -tag -width Ds", ".It Sy x", "y", ".El"]],
    [
      "a wide table",
      "| A | B | C |\n| - | - | - |\n| x | | z |\n| x | y | z |\n",
      [".Bl -tag -width Ds", ".It Sy x", "C: z", ".It Sy x", "B: y", ".br", "C: z", ".El"],
    ],
  ])("%s", (_, markdown, expected) => {
    expect(mdoc(markdown)).toEqual(expected);
  });
});

describe("whatever a text holds", () => {
  const hostile = fc.string({ unit: fc.constantFrom(".", "'", "\\", "-", " ", "\n", "a", "A", "`", "!", "Fl") });

  test("no line of it is a command, and no backslash starts an escape of its own", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const written of [plain(text), sentences(text)]) {
          expect(written).not.toMatch(/^[.']/m);
          expect(written.replaceAll(/\\[e&]/g, "")).not.toContain("\\");
        }
      }),
    );
  });

  test.each([
    ["Fl", "\\&Fl"],
    ["|", "\\&|"],
    ["a-b", "a\\-b"],
    ["tcp|udp", "tcp|udp"],
  ])("the word %s is an argument", (text, expected) => {
    expect(word(text)).toBe(expected);
  });

  test("sentences stand on lines of their own", () => {
    expect(sentences("One e.g. this. Two! .Three")).toBe("One e.g. this.\nTwo! .Three");
    expect(sentences("It is 1.5s, that is all")).toBe("It is 1.5s, that is all");
  });
});
