/** Weights and tiers of gateways, seen by the flows of a client. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, CALM, type Lab, openLab, refusing, answering } from "./lab/index.ts";
import { expectPlanAgrees } from "./lab/plan.ts";

setDefaultTimeout(60_000);

/** The gateways 1 and 2 are of tier 1, and 1 is twice as heavy; 3 and 4 are of tier 2. */
const FLAGS = {
  ...CALM,
  gateway: [`${addressOf(1)},weight=2`, `lte=${addressOf(3)},tier=2`, `${addressOf(4)},tier=2`],
};

const FLOWS = 600;

/** The sink of each flow by its source port. */
type Survey = ReadonlyMap<number, string>;

const survey = (lab: Lab): Promise<Survey> => lab.traffic.survey(FLOWS);

/** The part of the flows that each gateway carries, in percent, as far as it carries any. */
function percentages(flows: Survey): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const sink of [...flows.values()].sort()) shares[sink] = (shares[sink] ?? 0) + 100 / flows.size;
  return shares;
}

/** Shares within six percent of all flows, which is three times the deviation of so many random ones. */
function expectShares(flows: Survey, expected: Readonly<Record<number, number>>): void {
  const shares = percentages(flows);
  expect(Object.keys(shares)).toEqual(Object.keys(expected).map((number) => addressOf(Number(number))));
  for (const [number, share] of Object.entries(expected)) {
    expect(Math.abs(shares[addressOf(Number(number))]! - share)).toBeLessThan(6);
  }
}

function fail(lab: Lab, ...numbers: readonly number[]): void {
  for (const number of numbers) lab.gateway(number).becomes(refusing);
}

function recover(lab: Lab, ...numbers: readonly number[]): void {
  for (const number of numbers) lab.gateway(number).becomes(answering(200));
}

test("flows are shared out by weight, the next tier takes over, and nothing moves within a tier for what happens in the other", async () => {
  const lab = await openLab({ gateways: 4 });
  const daemon = lab.start(FLAGS);
  await lab.untilRouted([1, 2]);
  const first = await survey(lab);
  expectShares(first, { 1: 66.7, 2: 33.3 });

  fail(lab, 4); // which stands by
  await daemon.untilMetrics("a loss", (it) => it.value("gateway_active_count") === 3);
  expect(await survey(lab)).toEqual(first);
  recover(lab, 4);
  await daemon.untilMetrics("a return", (it) => it.value("gateway_active_count") === 4);

  fail(lab, 1, 2);
  await lab.untilRouted([3, 4]);
  const second = await survey(lab);
  expectShares(second, { 3: 50, 4: 50 });
  const { text: takeover } = await daemon.log.next(/all traffic now uses/);
  expect(takeover).toContain(`tier 2 (lte, ${addressOf(4)}): tier 1 has 0 of 2 usable gateways`);
  const planned = await expectPlanAgrees(lab, daemon);
  expect(planned.gateways.map(({ active, standby }) => [active, standby])).toEqual([
    [false, false],
    [false, false],
    [true, false],
    [true, false],
  ]);
  const metrics = await daemon.metrics();
  expect([1, 2].map((tier) => metrics.value("gateway_tier_in_use", { tier: String(tier) }))).toEqual([0, 1]);

  recover(lab, 1, 2);
  await lab.untilRouted([1, 2]);
  expect(await survey(lab)).toEqual(first);
  await daemon.log.next(/all traffic uses tier 1 .* again: it has/);
});

test("a return waits for its delay, and a restart in between moves no flow", async () => {
  const lab = await openLab({ gateways: 4 });
  const flags = { ...FLAGS, "tier-failback-delay": "3s" };
  const first = lab.start(flags);
  await lab.untilRouted([1, 2]);
  fail(lab, 1, 2);
  await lab.untilRouted([3, 4]);
  const flows = await survey(lab);
  await first.kill();
  recover(lab, 1, 2);
  const second = lab.start(flags);
  await second.untilReady();
  await second.log.next(/traffic returns to tier 1 .* in 3s \(-tier-failback-delay\): it has 2 of 2 usable gateways/);
  expect(await survey(lab)).toEqual(flows);
  await lab.untilRouted([1, 2]);
  expectShares(await survey(lab), { 1: 66.7, 2: 33.3 });
});

test("a tier that joins gets what a lost gateway had, its parts at least, and gives that back", async () => {
  const lab = await openLab({ gateways: 4 });
  const daemon = lab.start({ ...FLAGS, "tier-min": 2, "tier-shortage": "join" });
  await lab.untilRouted([1, 2]);
  const before = await survey(lab);
  fail(lab, 2);
  await lab.untilRouted([1, 3, 4]);
  const joined = await survey(lab);
  expectShares(joined, { 1: 60, 3: 20, 4: 20 }); // of five parts in all, 3 and 4 have one each
  expect(sinksOfMoved(joined, before)).toEqual([addressOf(1), addressOf(2)]);
  await daemon.log.next(
    /tier 2 \(.*\) now carries traffic beside tier 1: tier 1 has 1 of 2 usable gateways, fewer than 2/,
  );

  await expectPlanAgrees(lab, daemon);

  recover(lab, 2);
  await lab.untilRouted([1, 2]);
  expect(await survey(lab)).toEqual(before);

  fail(lab, 2);
  await lab.untilRouted([1, 3, 4]);
  fail(lab, 4);
  await lab.untilRouted([1, 3]);
  expect(sinksOfMoved(await survey(lab), joined)).toEqual([addressOf(4)]);
});

/** Where flows went that go elsewhere now. */
function sinksOfMoved(now: Survey, before: Survey): string[] {
  const moved = [...before].filter(([flow, sink]) => now.get(flow) !== sink);
  return [...new Set(moved.map(([, sink]) => sink))].sort();
}
