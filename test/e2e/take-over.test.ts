/** What the earlier program leaves after a kill, with packets on their way: -take-over, check, and the commands that remove it. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { earlierEntries } from "../fixtures/earlier-program.ts";
import { check } from "./lab/check.ts";
import { runIn } from "./lab/executable.ts";
import { addressOf, CALM, type Lab, openLab, PREFERENCE } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** A lab in which the earlier program has run, and another one has a rule among its rules. */
async function openAfterKill(): Promise<Lab> {
  const lab = await openLab();
  const gateways = lab.gateways.map((_, index) => addressOf(index + 1));
  await lab.router.batch([...earlierEntries({ gateways }), "rule add pref 10890 lookup 250"]);
  return lab;
}

const preferences = async (lab: Lab): Promise<number[]> => (await lab.rules()).map(({ priority }) => priority);

test("-take-over loses no packet and moves no flow, and leaves the rule of another program", async () => {
  const lab = await openAfterKill();
  const stream = await lab.traffic.stream({ flows: 64, packetsPerSecond: 5000, limit: 1_000_000 });
  const flows = await lab.traffic.survey(200);
  const daemon = lab.start({ ...CALM, "take-over": true });
  await daemon.untilReady();
  expect(daemon.log.matching(/taken over from the earlier program: 16 rules and 1 route/)).toHaveLength(1);
  expect(await preferences(lab)).toEqual([0, PREFERENCE, 10_890, 32_766, 32_767]);
  expect(await lab.traffic.survey(200)).toEqual(flows);
  const { sent, lost, arrived } = await stream.stop();
  console.log(`${sent} packets during the take-over: ${lost} lost`);
  expect({ lost, past: arrived["upstream"] ?? 0 }).toEqual({ lost: 0, past: 0 });
  expect(daemon.log.matching(/level=(warn|error)/).map(({ text }) => text)).toEqual([]);
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await preferences(lab)).toEqual([0, 10_890, 32_766, 32_767]);
});

test("without it the service and check name the commands that remove it, after which the service routes", async () => {
  const lab = await openAfterKill();
  const daemon = lab.start(CALM);
  const { text } = await daemon.log.next(/the earlier program has left 16 rules and 1 route/);
  await daemon.log.next(/remove it, or choose another -first-routing-table-id/); // all else of the start is done
  const [, removal] = /or remove them: ([^"]*)/.exec(text)!;
  const [finding] = (await check(lab)).about("earlier program");
  expect(finding).toMatchObject({ level: "error", remedy: expect.stringContaining(removal!) });
  expect((await check(lab, { "take-over": true })).about("earlier program")).toMatchObject([{ level: "ok" }]);

  expect(await runIn(lab.router, ["sh", "-ec", removal!])).toMatchObject({ status: 0, stderr: "" });
  await lab.untilRouted([1, 2, 3]);
  expect(await preferences(lab)).toEqual([0, PREFERENCE, 10_890, 32_766, 32_767]);
});

test("plan with -take-over shows the commands that the service then runs", async () => {
  const lab = await openAfterKill();
  const { stdout } = await lab.start({ ...CALM, json: true, "take-over": true }, { command: ["plan"] }).ended();
  const { commands, obstacles } = (JSON.parse(stdout) as { kernel: Record<string, string[]> }).kernel;
  expect(obstacles).toEqual([]);
  for (const command of commands!) expect(command).not.toContain("250");
  await lab.router.batch(commands!.map((command) => command.replace(/^ip /, "")));
  expect(await preferences(lab)).toEqual([0, PREFERENCE, 10_890, 32_766, 32_767]);
});
