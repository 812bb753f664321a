import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { COMMANDS } from "../../../../src/cli/commands/commands.ts";
import { parseArguments } from "../../../../src/config/arguments.ts";
import { optionList } from "../../../../src/config/options.ts";
import { parseConfig } from "../../../../src/config/parse.ts";
import { manual } from "../../../../src/cli/manual/manual.ts";
import { EXAMPLES } from "../../../../src/cli/manual/matter.ts";
import { plain, sentences, word } from "../../../../src/cli/manual/mdoc.ts";

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

test("it has the sections that a manual has, in their order", () => {
  const sections = lines.flatMap((line) => (line.startsWith(".Sh ") ? line.slice(4) : []));
  expect(sections).toEqual([
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "COMMANDS",
    "FLAGS",
    "ENVIRONMENT",
    "FILES",
    "EXIT STATUS",
    "EXAMPLES",
    "SEE ALSO",
  ]);
});

describe("of the flag", () => {
  test.each(optionList.map((option) => [option.flag, option] as const))(
    "-%s it tells what it means",
    (name, option) => {
      const told = after(`.It Fl ${name.replaceAll("-", "\\-")}`);
      expect(told.join(" ")).toContain(option.help.replaceAll("`", "").split(" ")[0]!);
      const variables = told.flatMap((line) => /^\.Ev (\w+)/.exec(line)?.[1] ?? []);
      expect(variables[0]).toBe(`GRM_${name.toUpperCase().replaceAll("-", "_")}`);
      expect(variables.some((one) => one.endsWith("_FILE"))).toBe(option.secret === true);
      expect(told.includes("Required.")).toBe(option.required === true);
      expect(told.includes("May be repeated.")).toBe(option.repeatable === true);
      if (option.fallback) expect(told).toContain(`The default is ${option.fallback}.`);
    },
  );
});

describe("of the command", () => {
  test.each(COMMANDS.map((command) => [command.name, command] as const))(
    "%s it tells what it does",
    (name, command) => {
      const subject = command.subject === undefined ? "" : ` Ar ${command.subject.placeholder.replaceAll("-", "\\-")}`;
      expect(after(`.It Ic ${name}${subject} Op Ar flags`).length).toBeGreaterThan(0);
      for (const { flag } of command.options ?? [])
        expect(lines.some((line) => line.startsWith(`.It Fl ${flag}`))).toBe(true);
      for (const [status, meaning] of command.statuses ?? []) {
        const told = after(`Of ${name}:`, /^\.El/);
        expect(told[told.indexOf(`.It ${status}`) + 1]).toStartWith(meaning.split(":")[0]!);
      }
    },
  );
});

test.each(EXAMPLES.flatMap(([, ...typed]) => typed))("the example is right: %s", (line) => {
  const [program, ...words] = line.split(" ");
  const command = COMMANDS.find(({ name }) => name === words[0]);
  const skipped = command === undefined ? 0 : command.subject === undefined ? 1 : 2;
  if (command?.subject) expect(command.subject.parse(words[1]!).ok).toBe(true);
  const { values, problems } = parseArguments(words.slice(skipped), [...optionList, ...(command?.options ?? [])]);
  expect([program, ...problems]).toEqual(["gateway-route-manager"]);
  const partial = command !== undefined && !["check", "plan", "explain"].includes(command.name);
  const surroundings = { environment: {}, readFile: () => "" };
  expect(parseConfig(values, partial ? { ...surroundings, partial } : surroundings)).toMatchObject({ ok: true });
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
