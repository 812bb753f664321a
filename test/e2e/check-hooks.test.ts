/** What the check command says of those who are to be told of changes. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

import { check } from "./lab/check.ts";
import { openLab, openReceiver, writeScript } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("hooks that can work are well, and neither is anything run nor sent", async () => {
  const lab = await openLab({ gateways: 1 });
  const [receiver, script] = [openReceiver(lab), writeScript(lab)];
  const { about } = await check(lab, { "on-change": script.command, "webhook-url": `${receiver.url}/token` });
  expect(about("on-change")).toMatchObject([{ level: "ok", message: expect.stringContaining("can be run") }]);
  expect(about("webhook")).toMatchObject([{ level: "ok", message: expect.stringContaining("10.88.0.1 is known") }]);
  expect([script.notifications, receiver.deliveries]).toEqual([[], []]);
});

test("without hooks nothing is said of them", async () => {
  const lab = await openLab({ gateways: 1 });
  const { about } = await check(lab);
  expect([...about("on-change"), ...about("webhook")]).toEqual([]);
});

describe("a command that cannot be run is a warning:", () => {
  test.each<[string, string, number, string]>([
    ["not executable", "#!/bin/sh\n", 0o644, "may not be executed"],
    ["no first line", "echo hello\n", 0o755, "neither a binary nor"],
    ["an interpreter that is not here", "#!/opt/none/zsh -f\n", 0o755, "wants /opt/none/zsh, which is not here"],
  ])("%s", async (_, text, mode, message) => {
    const lab = await openLab({ gateways: 1 });
    const path = lab.file("notify", text);
    chmodSync(path, mode);
    const { about, status } = await check(lab, { "on-change": `${path} argument` });
    expect(about("on-change")).toMatchObject([{ level: "warning", message: expect.stringContaining(message) }]);
    expect(status).toBe(3);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("a folder, and what is not there", async () => {
    const lab = await openLab({ gateways: 1 });
    for (const path of [dirname(lab.file("notify", "")), "/nowhere/notify"]) {
      const { about } = await check(lab, { "on-change": path });
      expect(about("on-change")[0]!.message).toBe(`${path} is no file that this user can see`);
    }
  });
});

test("a host that nobody knows is a warning, which tells no more than the host", async () => {
  const lab = await openLab({ gateways: 1 });
  const { about, findings } = await check(lab, { "webhook-url": "https://nobody.invalid/hunter2?hunter2" });
  expect(about("webhook")).toMatchObject([
    { level: "warning", message: expect.stringMatching(/^nobody\.invalid cannot be resolved: /) },
  ]);
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});
