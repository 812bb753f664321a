/** Where a command line has its command, the word that it takes, and its flags. */
import { describe, expect, test } from "bun:test";

import { readCommandLine } from "../../../src/cli/command-line.ts";
import { COMMANDS } from "../../../src/cli/commands/commands.ts";

function read(line: string) {
  const found = readCommandLine(line === "" ? [] : line.split(" "), COMMANDS);
  return typeof found === "string" ? found : { ...found, command: found.command?.name };
}

const NOTHING = { subject: undefined, words: [], flags: {}, information: undefined, problems: [], warnings: [] };

describe("without a command the service runs:", () => {
  test.each(["", "-start-ip 10.0.0.1 -end-ip 10.0.0.2", "-block-ipv6"])("%p", (line) => {
    const words = line === "" ? [] : line.split(" ");
    expect(read(line)).toMatchObject({ command: undefined, subject: undefined, words, problems: [] });
  });
});

test("serve names what runs without a command", () => {
  expect(read("serve -port 80")).toEqual({
    ...NOTHING,
    command: "serve",
    words: ["-port", "80"],
    flags: { port: "80" },
  });
});

describe("the word of a command stands anywhere among its flags:", () => {
  const explained = { command: "explain", subject: "8.8.8.8", flags: { from: "10.0.0.9", json: "true" }, problems: [] };
  test.each([
    "explain 8.8.8.8 -from 10.0.0.9 -json",
    "explain -from 10.0.0.9 -json 8.8.8.8",
    "explain -json 8.8.8.8 -from 10.0.0.9",
    "explain -json -from 10.0.0.9 -- 8.8.8.8",
    "-json explain -from 10.0.0.9 8.8.8.8",
    "-from 10.0.0.9 -json explain 8.8.8.8",
  ])("%p", (line) => {
    expect(read(line)).toMatchObject(explained);
  });

  test("and is not among the words that a service file takes over", () => {
    const line = "service -start-ip 10.0.0.1 systemd -end-ip 10.0.0.2";
    expect(read(line)).toMatchObject({
      subject: "systemd",
      words: ["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2"],
    });
  });

  test("a flag of which help is asked is that word", () => {
    expect(read("help -fall")).toMatchObject({ command: "help", subject: "-fall", flags: {}, problems: [] });
  });

  test("a value of a flag that is the name of a command is none", () => {
    expect(read("-path status")).toMatchObject({ command: undefined, flags: { path: "status" }, problems: [] });
  });

  test("a second one is unexpected", () => {
    expect(read("drain sweden norway")).toMatchObject({
      subject: "sweden",
      problems: ['unexpected argument "norway": every value needs a flag before it'],
    });
  });

  test("the value of a boolean without its = is none", () => {
    expect(read("drain -force true")).toMatchObject({
      subject: undefined,
      problems: ['unexpected argument "true": a boolean takes its value after "=", as in -force=true'],
    });
  });
});

test.each([
  ["status -help", "status"],
  ["-help status", "status"],
  ["explain -json --help 8.8.8.8", "explain"],
  ["-help", undefined],
  ["-port 80 -help", undefined],
])("%p is help about the command %p", (line, command) => {
  expect(read(line)).toMatchObject({ command, information: "help" });
});

describe("a word that is no command", () => {
  test.each([
    ["stauts", 'unknown command "stauts": did you mean status?'],
    ["sevre -port 80", 'unknown command "sevre": did you mean serve?'],
    ["frobnicate", 'unknown command "frobnicate": see help for all commands'],
  ])("%p is named, with a remedy", (line, problem) => {
    expect(read(line)).toBe(problem);
  });

  test("is shown without what may be a secret", () => {
    expect(read("password=geheim")).toBe('unknown command "password": see help for all commands');
  });

  test("is unexpected after flags, as it may be a value", () => {
    const problems = ['unexpected argument "frobnicate": every value needs a flag before it'];
    expect(read("-port 80 frobnicate")).toMatchObject({ command: undefined, problems });
  });
});

test("blank words are left out of the words as well, but for those that are values", () => {
  const line = readCommandLine(["service", " ", "systemd", "-path", "", "-port", "80", " "], COMMANDS);
  expect(line).toMatchObject({ subject: "systemd", words: ["-path", "", "-port", "80"], problems: [] });
  expect(line).toHaveProperty("warnings.length", 1);
});
