/** The findings of the check command about -on-change and -webhook-url. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

import { check } from "./lab/check.ts";
import { openLab, openReceiver, writeScript } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("check reports usable hooks as ok, and neither runs the command nor sends a request", async () => {
  const lab = await openLab({ gateways: 1 });
  const [receiver, script] = [openReceiver(lab), writeScript(lab)];
  const { about } = await check(lab, { "on-change": script.command, "webhook-url": `${receiver.url}/token` });
  expect(about("on-change")).toMatchObject([{ level: "ok", message: expect.stringContaining("can be run") }]);
  expect(about("webhook")).toMatchObject([{ level: "ok", message: expect.stringContaining("10.88.0.1 resolves") }]);
  expect([script.notifications, receiver.deliveries]).toEqual([[], []]);
});

test("check reports nothing about hooks that are not configured", async () => {
  const lab = await openLab({ gateways: 1 });
  const { about } = await check(lab);
  expect([...about("on-change"), ...about("webhook")]).toEqual([]);
});

describe("check warns of a command that cannot be run:", () => {
  test.each<[string, string, number, string]>([
    ["a file that is not executable", "#!/bin/sh\n", 0o644, "this user may not execute"],
    ["a script without a #! line", "echo hello\n", 0o755, "neither a binary nor"],
    [
      "a script whose interpreter does not exist",
      "#!/opt/none/zsh -f\n",
      0o755,
      "needs /opt/none/zsh, which is not installed",
    ],
  ])("%s", async (_, text, mode, message) => {
    const lab = await openLab({ gateways: 1 });
    const path = lab.file("notify", text);
    chmodSync(path, mode);
    const { about, status } = await check(lab, { "on-change": `${path} argument` });
    expect(about("on-change")).toMatchObject([{ level: "warning", message: expect.stringContaining(message) }]);
    expect(status).toBe(3);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("a folder, or a file that does not exist", async () => {
    const lab = await openLab({ gateways: 1 });
    for (const path of [dirname(lab.file("notify", "")), "/nowhere/notify"]) {
      const { about } = await check(lab, { "on-change": path });
      expect(about("on-change")[0]!.message).toBe(`${path} is not a file, or this user has no access to it`);
    }
  });
});

test("check warns of a webhook host that cannot be resolved, and shows no other part of the URL", async () => {
  const lab = await openLab({ gateways: 1 });
  const { about, findings } = await check(lab, { "webhook-url": "https://nobody.invalid/hunter2?hunter2" });
  expect(about("webhook")).toMatchObject([
    { level: "warning", message: expect.stringMatching(/^cannot resolve nobody\.invalid: /) },
  ]);
  expect(JSON.stringify(findings)).not.toContain("hunter2");
});
