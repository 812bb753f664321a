import { describe, expect, test } from "bun:test";

import { COMMANDS } from "../../../src/cli/commands/commands.ts";
import { helpText as textOf, optionsMarkdown } from "../../../src/config/help.ts";
import { optionList } from "../../../src/config/options.ts";

const helpText = (): string => textOf(COMMANDS);

const flags = optionList.map(({ flag }) => flag);

/** The line of the help that is about a flag, with those below it that go on with it. */
function entryOf(flag: string, width = Infinity): string {
  const lines = textOf(COMMANDS, width).split("\n");
  const index = lines.findIndex((line) => line.startsWith("  -") && line.trim().split(" ")[0] === `-${flag}`);
  expect(index).not.toBe(-1);
  const rest = lines.slice(index + 1);
  const more = rest.slice(
    0,
    rest.findIndex((line) => !line.startsWith("      ")),
  );
  return [lines[index]!, ...more.map((line) => line.trim())].join(" ");
}

/** The cells of the guide's row about a flag. */
function rowOf(flag: string): string[] {
  const rows = optionsMarkdown()
    .split("\n")
    .filter((line) => line.startsWith(`| \`-${flag}\` |`));
  expect(rows).toHaveLength(1);
  return rows[0]!.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
}

describe("-help", () => {
  test.each([...flags, "help", "version"])("explains -%s", (flag) => {
    expect(entryOf(flag).length).toBeGreaterThan(flag.length + 10);
  });

  test.each([
    ["port", "9999"],
    ["timeout", "1s"],
    ["check-period", "3s"],
    ["route", "0.0.0.0/0"],
    ["ddns-timeout", "60s"],
  ])("says that the default of -%s is %s", (flag, fallback) => {
    expect(entryOf(flag)).toContain(`default ${fallback}`);
  });

  test.each(["start-ip", "end-ip"])("says that -%s is required", (flag) => {
    expect(entryOf(flag)).toContain("required");
  });

  test.each(["gateway", "route", "exclude-cidr"])("says that -%s may be repeated", (flag) => {
    expect(entryOf(flag)).toContain("repeated");
  });

  test.each(COMMANDS.map(({ name }) => [name]))("explains the command %s", (name) => {
    expect(
      helpText()
        .split("\n")
        .filter((line) => line.startsWith(`  ${name} `)),
    ).toHaveLength(1);
  });

  test.each([
    [80, 80],
    [200, 100],
    [Infinity, 100],
  ])("on a terminal of %d columns has no line longer than %d", (width, longest) => {
    for (const line of textOf(COMMANDS, width).split("\n")) {
      expect(line.length).toBeLessThanOrEqual(longest);
      expect(line).toBe(line.trimEnd());
    }
    expect(textOf(COMMANDS, width)).toEndWith(".\n");
  });

  test.each([40, 80, 200])("says the same on a terminal of %d columns", (width) => {
    for (const flag of flags)
      expect(entryOf(flag, width).replaceAll(/ +/g, " ")).toBe(entryOf(flag).replaceAll(/ +/g, " "));
  });

  test("points to the documentation by topic, flag and command", () => {
    for (const words of ["help", "help TOPIC", "help -FLAG", "help COMMAND"]) {
      expect(helpText()).toContain(`  gateway-route-manager ${words} `);
    }
  });

  test("aligns the meanings of the flags", () => {
    const columns = [...flags, "help", "version"].map(
      (flag) => /^ {2}-\S+( \S+)? {2,}/.exec(entryOf(flag))?.[0].length,
    );
    expect(new Set(columns).size).toBe(1);
  });
});

describe("the guide's table of flags", () => {
  test.each(flags)("has one row for -%s with its variable", (flag) => {
    expect(rowOf(flag)).toHaveLength(4);
    expect(rowOf(flag)[3]).toContain(`\`GRM_${flag.toUpperCase().replaceAll("-", "_")}\``);
  });

  test("has no other rows", () => {
    expect(optionsMarkdown().match(/^\| `-/gm)).toHaveLength(flags.length);
  });

  test("distinguishes flags with and without a default", () => {
    expect([rowOf("port")[1], rowOf("start-ip")[1], rowOf("ddns-hostname")[1]]).toEqual(["`9999`", "*none*", "*none*"]);
  });

  test.each([
    ["ddns-password", "DDNS_PASSWORD"],
    ["public-ip-service-password", "PUBLIC_IP_SERVICE_PASSWORD"],
  ])("names every variable of -%s", (flag, legacy) => {
    const names = [`GRM_${legacy}`, `GRM_${legacy}_FILE`, legacy, `${legacy}_FILE`];
    expect(rowOf(flag)[3]).toBe(names.map((name) => `\`${name}\``).join(" "));
  });
});

describe("neither", () => {
  test("depends on what the environment holds", () => {
    const before = [helpText(), optionsMarkdown()];
    process.env["GRM_DDNS_PASSWORD"] = process.env["DDNS_PASSWORD"] = "hunter2";
    try {
      expect([helpText(), optionsMarkdown()]).toEqual(before);
      expect(before.join()).not.toContain("hunter2");
    } finally {
      delete process.env["GRM_DDNS_PASSWORD"];
      delete process.env["DDNS_PASSWORD"];
    }
  });
});
