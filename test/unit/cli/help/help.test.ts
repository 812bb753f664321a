import { describe, expect, test } from "bun:test";

import { COMMANDS } from "../../../../src/cli/commands/commands.ts";
import { statusesOf } from "../../../../src/cli/program.ts";
import { allFlags, exampleOf } from "../../../../src/cli/help/flag-page.ts";
import { helpFor } from "../../../../src/cli/help/help.ts";
import { parseArguments } from "../../../../src/config/arguments.ts";
import { variablesOf } from "../../../../src/config/help.ts";
import { optionList } from "../../../../src/config/options.ts";
import { parseConfig } from "../../../../src/config/parse.ts";
import { pages } from "../../../../src/guide/guide.ts";

/** What `help WORD` shows, in lines of any length and with single spaces. */
function help(word: string | undefined, width = 100): string {
  const found = helpFor(word, COMMANDS, { width, colour: false });
  expect(found).toMatchObject({ ok: true });
  return found.ok ? found.text.replaceAll(/\s+/g, " ") : "";
}

function problemWith(word: string): string {
  const found = helpFor(word, COMMANDS, { width: 100, colour: false });
  return found.ok ? "" : found.problem;
}

const flags = allFlags(COMMANDS).map(({ option }) => [option.flag, option] as const);

describe("the list of topics", () => {
  test.each(pages.map(({ topic, summary }) => [topic, summary]))("has %s with its sentence", (topic, summary) => {
    expect(help(undefined)).toContain(` ${topic} ${summary.replaceAll("`", "")}`);
  });

  test.each(COMMANDS.map(({ name, help: purpose }) => [name, purpose]))("has the command %s", (name, purpose) => {
    expect(help(undefined)).toContain(` ${name} ${purpose}`);
  });

  test.each([80, 200])("fits into %d columns", (width) => {
    const found = helpFor(undefined, COMMANDS, { width, colour: false });
    for (const line of found.ok ? found.text.split("\n") : []) expect(line.length).toBeLessThanOrEqual(width);
  });
});

describe("a topic", () => {
  test.each(pages.map(({ topic, title }) => [topic, title]))("%s is shown", (topic, title) => {
    expect(help(topic)).toContain(title);
  });

  test("that is also the name of a command comes after it", () => {
    const text = help("status");
    const { title } = pages.find(({ topic }) => topic === "status")!;
    expect(text).toStartWith("gateway-route-manager status ");
    expect(text.indexOf(title, 30)).toBeGreaterThan(text.indexOf("Exit status"));
  });
});

describe("a command", () => {
  test.each(COMMANDS.map((command) => [command.name, command] as const))(
    "%s is shown with its flags and exit statuses",
    (name, command) => {
      const text = help(name);
      expect(text).toContain(command.help.slice(1));
      for (const { flag, help: meaning } of command.options ?? []) {
        expect(text).toContain(` -${flag}`);
        expect(text).toContain(meaning);
      }
      for (const [status, meaning] of statusesOf(command)) expect(text).toContain(` ${status} ${meaning}`);
    },
  );

  test.each([
    ["drain", "maintenance"],
    ["undrain", "maintenance"],
    ["reload", "configuration-file"],
    ["config", "configuration-file"],
  ])("%s names the topic with its examples, %s", (name, topic) => {
    expect(help(name)).toMatch(new RegExp(`See also .*\\bhelp ${topic}\\b`));
  });

  test("that is a topic as well does not name itself", () => {
    expect(help("status").split("See also")[1] ?? "").not.toStartWith(" help status");
  });

  test.each(["status", "check"])("%s has the same exit statuses in the guide", (name) => {
    const page = pages.find(({ topic }) => topic === name)!.markdown.replaceAll(/\s+/g, " ");
    const command = COMMANDS.find((one) => one.name === name)!;
    for (const [, meaning] of command.statuses ?? []) expect(page).toContain(meaning);
  });

  test("has the statuses of every command, and its own under the same numbers", () => {
    const status = COMMANDS.find(({ name }) => name === "status")!;
    expect(statusesOf(status).map(([number, meaning]) => [number, meaning.split(/[:;]/)[0]])).toEqual([
      [0, "healthy"],
      [1, "degraded"],
      [2, "wrong usage"],
      [3, "down"],
      [4, "unreachable"],
    ]);
  });
});

describe("a flag", () => {
  test.each(optionList.map((option) => [option.flag, option] as const))(
    "-%s is shown with its meaning, default, variables and an example",
    (flag, option) => {
      const text = help(`-${flag}`);
      expect(text).toContain(option.help.replaceAll("`", "").slice(1));
      expect(text).toContain(`- Default: ${option.fallback || "none"} -`);
      expect(text).toContain(`- Environment: ${variablesOf(option).join(", ")} -`);
      expect(text).toContain(`- Repeatable: ${option.repeatable ? "yes" : "no"}`);
      expect(text).toContain(`- Example: ${exampleOf(option)}`);
    },
  );

  test.each(flags)("-%s is found with one dash, with two and with a value", (flag) => {
    expect(help(`--${flag}`)).toBe(help(`-${flag}`));
    expect(help(`-${flag}=1`)).toBe(help(`-${flag}`));
  });

  test("is found without a dash, unless a topic or a command has its name", () => {
    expect(help("check-period")).toBe(help("-check-period"));
    expect(help("help")).not.toBe(help("-help"));
  });

  test("is explained where a file is", () => {
    expect(help("-config")).toContain("help configuration-file");
  });

  test("of single commands is shown with their names", () => {
    expect(help("-json")).toContain(
      "- Flag of: status, check, plan, explain, drain, undrain, reload - Value: true or false",
    );
    expect(help("-sport")).not.toContain("GRM_");
  });

  test.each([
    ["scheme", "http or https"],
    ["port", "a whole number from 1 to 65535"],
    ["status-page", "true or false"],
    ["flap-hold", "a duration up to 1h"],
    ["public-ip-refresh", "a duration from 1s to 24h"],
    ["ddns-record-ttl", "a duration of whole seconds"],
    ["when-no-gateways", "fall-through, unreachable, prohibit, blackhole or keep"],
  ])("-%s is shown with the values that it accepts", (flag, value) => {
    expect(help(flag)).toContain(`- Value: ${value}`);
  });

  test("leads to the topics whose text names it", () => {
    const named = pages.filter(({ topic, markdown }) => topic !== "flags" && /`-fall[ `]/.test(markdown));
    for (const { topic } of named) expect(help("-fall")).toContain(`help ${topic}`);
  });
});

test.each(optionList.map((option) => [option.flag, option] as const))("the example of -%s is accepted", (_, option) => {
  const example = exampleOf(option);
  const [variable, path] = example.split("=");
  const given = parseArguments(option.secret ? [] : example.split(" "));
  const range = { "start-ip": "192.168.1.10", "end-ip": "192.168.1.12" };
  const readFile = (name: string): string =>
    name === path ? (option.flag === "webhook-url" ? "https://a.example/" : "key") : "";
  const environment = {
    ...(option.secret ? { [variable!]: path } : {}),
    GRM_PUBLIC_IP_SERVICE_USERNAME: "user",
    GRM_PUBLIC_IP_SERVICE_PASSWORD: "hunter2",
    GRM_DDNS_PASSWORD: option.flag === "ddns-password" ? "" : "key",
    GRM_DDNS_HOSTNAME: "gateways.example.com",
    GRM_WHEN_NO_GATEWAYS: option.flag === "block-ipv6" ? "unreachable" : "",
  };
  expect(given.problems).toEqual([]);
  expect(parseConfig({ ...range, ...given.values }, { environment, readFile })).toMatchObject({ ok: true });
});

describe("an unknown word", () => {
  test.each([
    ["stauts", "help status"],
    ["kill", "help kill-switch"],
    ["-check-peroid", "help -check-period"],
    ["--start-op", "help -start-ip"],
    ["fast-check", "help -fast-check-period"],
    ["helth-check", "help healthcheck"],
  ])("%s is answered with %s", (word, meant) => {
    expect(problemWith(word)).toEndWith(`did you mean ${meant}?`);
  });

  test.each(["frobnicate", "-", "", "\x1b[31m"])("%p is answered with where to find the topics", (word) => {
    const problem = problemWith(word);
    expect(problem).toEndWith("help alone lists all topics");
    expect(problem).not.toMatch(/[\x00-\x1f]/);
  });
});
