import { describe, expect, test } from "bun:test";

import { COMMANDS } from "../../../../src/cli/commands/commands.ts";
import { allFlags, byWords, namesWithValue, vocabularyOf } from "../../../../src/cli/completion/vocabulary.ts";
import { optionList } from "../../../../src/config/options.ts";
import { choice, text } from "../../../../src/config/values.ts";

const vocabulary = vocabularyOf(COMMANDS);
const rows = [...optionList, ...COMMANDS.flatMap(({ options = [] }) => options)];

describe("what is offered", () => {
  test.each(rows.map((row) => [row.flag, row.type] as const))(
    "for -%s is right, and a word to every shell",
    (_, type) => {
      for (const word of type.words ?? []) {
        expect(type.parse(word).ok).toBe(true);
        expect(word).toMatch(/^[\w.:-]+$/);
      }
    },
  );

  test.each(COMMANDS.map(({ name, subject }) => [name, subject] as const))("after %s is right", (_, subject) => {
    for (const word of subject?.words ?? []) expect(subject!.parse(word).ok).toBe(true);
  });
});

test("the vocabulary has every command, every flag of the service, and those of commands", () => {
  expect(vocabulary.commands.map(({ name }) => name)).toEqual(COMMANDS.map(({ name }) => name));
  expect(vocabulary.flags.map(({ name }) => name)).toEqual([...optionList.map(({ flag }) => flag), "help", "version"]);
  const explain = vocabulary.commands.find(({ name }) => name === "explain")!;
  expect(explain.flags.map(({ name }) => name)).toEqual(["from", "protocol", "sport", "dport", "json"]);
});

test("each flag is named once, and takes a word unless it is a boolean", () => {
  const flags = allFlags(vocabulary);
  expect(flags.filter(({ name }) => name === "json")).toHaveLength(1);
  const names = namesWithValue(flags);
  expect(names).toContain("start-ip");
  expect(names).toContain("dport");
  for (const boolean of ["status-page", "json", "help"]) expect(names).not.toContain(boolean);
});

test("flags with the same values stand together", () => {
  const flag = (name: string, ...words: string[]) => ({ name, help: "", takesWord: true, words });
  expect(byWords([flag("a", "x", "y"), flag("b"), flag("c", "x", "y"), flag("d", "z")])).toEqual([
    { names: ["a", "c"], words: ["x", "y"] },
    { names: ["d"], words: ["z"] },
  ]);
});

test("a command whose subject is free offers none", () => {
  const [free, fixed] = vocabularyOf([
    { name: "free", help: "", subject: text },
    { name: "fixed", help: "", subject: choice("a", "b") },
  ]).commands;
  expect([free!.subjects, fixed!.subjects]).toEqual([[], ["a", "b"]]);
});
