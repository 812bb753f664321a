import { describe, expect, test } from "bun:test";

import { type CommandFacts, checkCommand, checkWebhook } from "../../../src/diagnose/hooks.ts";

const binary: CommandFacts = {
  exists: true,
  executable: true,
  interpreter: undefined,
  interpretable: false,
  crlf: false,
};
const script: CommandFacts = { ...binary, interpreter: "/bin/sh", interpretable: true };

describe("the command of -on-change", () => {
  test.each([binary, script])("is ok when it can be run: %p", (facts) => {
    expect(checkCommand("/n", facts)).toEqual({ level: "ok", topic: "on-change", message: "/n can be run" });
  });

  test.each<[Partial<CommandFacts>, string]>([
    [{ exists: false, executable: false }, "is not a file, or this user has no access to it"],
    [{ executable: false }, "may not execute /n"],
    [{ interpreter: "" }, "neither a binary nor a script with an interpreter line"],
    [{ interpreter: "/bin/sh", crlf: true }, "the first line of /n ends in CRLF"],
    [{ interpreter: "/bin/zsh" }, "needs /bin/zsh, which is not installed"],
  ])("is a warning with a remedy when it cannot be run: %p", (facts, message) => {
    const finding = checkCommand("/n", { ...binary, ...facts });
    expect(finding).toMatchObject({ level: "warning", message: expect.stringContaining(message) });
    expect(finding.remedy!.length).toBeGreaterThan(10);
  });
});

test("a script of the command keeps its name in the remedy for lines that end in CRLF", () => {
  const { remedy } = checkCommand("/it's", { ...script, crlf: true });
  expect(remedy).toBe(`end its lines with LF alone: sed -i 's/\\r$//' '/it'\\''s'`);
});

test("the host of a webhook is ok when it resolves, and else a warning with the reason", () => {
  expect(checkWebhook("example.com", undefined).level).toBe("ok");
  expect(checkWebhook("example.com", "ENOTFOUND")).toMatchObject({
    level: "warning",
    message: "cannot resolve example.com: ENOTFOUND",
  });
});
