import { describe, expect, test } from "bun:test";

import { type CommandFacts, judgeCommand, judgeWebhook } from "../../../src/diagnose/hooks.ts";

const binary: CommandFacts = { exists: true, executable: true, interpreter: undefined, interpretable: false };
const script: CommandFacts = { ...binary, interpreter: "/bin/sh", interpretable: true };

describe("a command", () => {
  test.each([binary, script])("that can be run is well: %p", (facts) => {
    expect(judgeCommand("/n", facts)).toEqual({ level: "ok", topic: "on-change", message: "/n can be run" });
  });

  test.each<[Partial<CommandFacts>, string]>([
    [{ exists: false, executable: false }, "no file that this user can see"],
    [{ executable: false }, "may not be executed"],
    [{ interpreter: "" }, "neither a binary nor does it say who reads it"],
    [{ interpreter: "/bin/zsh" }, "wants /bin/zsh, which is not here"],
  ])("that cannot is a warning with a remedy: %p", (facts, message) => {
    const finding = judgeCommand("/n", { ...binary, ...facts });
    expect(finding).toMatchObject({ level: "warning", message: expect.stringContaining(message) });
    expect(finding.remedy!.length).toBeGreaterThan(10);
  });
});

test("a host that is known is well, and one that is not a warning with the reason", () => {
  expect(judgeWebhook("example.com", undefined).level).toBe("ok");
  expect(judgeWebhook("example.com", "ENOTFOUND")).toMatchObject({
    level: "warning",
    message: "example.com cannot be resolved: ENOTFOUND",
  });
});
