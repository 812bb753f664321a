import { describe, expect, test } from "bun:test";

import { COMMANDS } from "../../../../src/cli/commands/commands.ts";
import { bashCompletion } from "../../../../src/cli/completion/bash.ts";
import { fishCompletion } from "../../../../src/cli/completion/fish.ts";
import { zshCompletion } from "../../../../src/cli/completion/zsh.ts";
import {
  allFlags,
  byWords,
  namesWithPools,
  namesWithValue,
  vocabularyOf,
} from "../../../../src/cli/completion/vocabulary.ts";
import { optionList } from "../../../../src/config/options.ts";
import { choice, text } from "../../../../src/config/values.ts";

const vocabulary = vocabularyOf(COMMANDS);
const rows = [...optionList, ...COMMANDS.flatMap(({ options = [] }) => options)];

describe("the words to complete", () => {
  test.each(rows.map((row) => [row.flag, row.type] as const))(
    "for -%s are valid values, and single words in every shell",
    (_, type) => {
      for (const word of type.words ?? []) {
        expect(type.parse(word).ok).toBe(true);
        expect(word).toMatch(/^[\w.:-]+$/);
      }
    },
  );

  test.each(COMMANDS.map(({ name, subject }) => [name, subject] as const))(
    "after %s are valid subjects",
    (_, subject) => {
      for (const word of subject?.words ?? []) expect(subject!.parse(word).ok).toBe(true);
    },
  );
});

test("the vocabulary has every command, and every flag of the service and of the commands", () => {
  expect(vocabulary.commands.map(({ name }) => name)).toEqual(COMMANDS.map(({ name }) => name));
  expect(vocabulary.flags.map(({ name }) => name)).toEqual([...optionList.map(({ flag }) => flag), "help", "version"]);
  const explain = vocabulary.commands.find(({ name }) => name === "explain")!;
  expect(explain.flags.map(({ name }) => name)).toEqual([
    "from",
    "in",
    "mark",
    "protocol",
    "sport",
    "dport",
    "flow-label",
    "json",
  ]);
});

test("each flag has one name, and a value unless it is a boolean", () => {
  const flags = allFlags(vocabulary);
  expect(flags.filter(({ name }) => name === "json")).toHaveLength(1);
  const names = namesWithValue(flags);
  expect(names).toContain("start-ip");
  expect(names).toContain("dport");
  for (const boolean of ["status-page", "json", "help"]) expect(names).not.toContain(boolean);
});

test("flags with the same values are grouped", () => {
  const flag = (name: string, ...words: string[]) => ({ name, help: "", takesWord: true, words });
  expect(byWords([flag("a", "x", "y"), flag("b"), flag("c", "x", "y"), flag("d", "z")])).toEqual([
    { names: ["a", "c"], words: ["x", "y"] },
    { names: ["d"], words: ["z"] },
  ]);
});

test("a command with a free subject has no words to complete", () => {
  const [free, fixed] = vocabularyOf([
    { name: "free", help: "", subject: text },
    { name: "fixed", help: "", subject: choice("a", "b") },
  ]).commands;
  expect([free!.subjects, fixed!.subjects]).toEqual([[], ["a", "b"]]);
});

test("the value of -pool is the name of a pool, which each shell asks the program for", () => {
  const option = { flag: "pool", group: "Service", type: text, help: "" } as const;
  const words = vocabularyOf([{ name: "check", help: "", options: [option] }]);
  expect(namesWithPools(allFlags(words))).toEqual(["pool"]);
  expect(bashCompletion(words)).toContain("pool) words=$(_gateway_route_manager_ask print pools) ;;");
  expect(zshCompletion(words)).toContain('pool) compadd -- ${(f)"$(_gateway-route-manager-ask print pools)"} ;;');
  expect(fishCompletion(words)).toContain("-l pool -x -a '(__gateway_route_manager_ask print pools)'");
});
