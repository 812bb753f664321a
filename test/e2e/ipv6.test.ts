/** Gateways of IPv6, alone and beside those of IPv4: routed by nexthop objects, with real packets. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  address6Of,
  addressOf,
  CALM,
  INTERNET6,
  type Lab,
  openLab,
  readSlots,
  refusing,
  answering,
  snapshot6,
  TABLE,
} from "./lab/index.ts";

setDefaultTimeout(120_000);

const NUMBERS = [1, 2, 3];

/** Flags with the IPv6 addresses of these gateways, and nothing of IPv4. */
const ALONE = { "start-ip": address6Of(1), "end-ip": address6Of(3), route: ["::/0"], ...CALM };

/** Flags with both addresses of each gateway. */
const BOTH = {
  gateway: NUMBERS.map((number) => `${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
  ...CALM,
};

/** Where flows of the client arrive in IPv6. */
const survey6 = (lab: Lab, flows = 200) => lab.traffic.survey(flows, lab.client, INTERNET6);

/** How many flows of the first survey are elsewhere in the other one, of those that were not at this gateway. */
function movedOf(before: Map<number, string>, after: Map<number, string>, lost: string): number {
  return [...before].filter(([flow, sink]) => sink !== lost && after.get(flow) !== sink).length;
}

test("a gateway of IPv6 that fails leaves its slots, and has the same ones again when it is back", async () => {
  const lab = await openLab({ ipv6: true });
  const before = await snapshot6(lab.router);
  const daemon = lab.start(ALONE);
  const slots = await lab.untilRouted6([1, 2, 3]);
  const flows = await survey6(lab);
  expect(new Set(flows.values())).toEqual(new Set(NUMBERS.map(addressOf)));

  lab.gateway6(2).becomes(refusing);
  const without = await lab.untilRouted6([1, 3]);
  expect(without).toEqual(slots.map((gateway, index) => (gateway === address6Of(2) ? without[index]! : gateway)));
  expect(movedOf(flows, await survey6(lab), addressOf(2))).toBe(0);

  lab.gateway6(2).becomes(answering(200));
  expect(await lab.untilRouted6([1, 2, 3])).toEqual(slots);
  expect(await survey6(lab)).toEqual(flows);

  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await snapshot6(lab.router)).toBe(before);
});

test("a gateway with two addresses is used in each family by its own result", async () => {
  const lab = await openLab({ ipv6: true });
  const [before, before6] = [await lab.snapshot(), await snapshot6(lab.router)];
  const daemon = lab.start(BOTH);
  await lab.untilRouted([1, 2, 3]);
  await lab.untilRouted6([1, 2, 3]);
  lab.gateway6(2).becomes(refusing);
  await lab.untilRouted6([1, 3]);
  await lab.untilRouted([1, 2, 3]);
  lab.gateway(3).becomes(refusing);
  await lab.untilRouted([1, 2]);
  expect(new Set(await readSlots(lab.router, TABLE))).toEqual(new Set([address6Of(1), address6Of(3)]));
  expect(new Set((await lab.traffic.survey(100)).values())).toEqual(new Set([1, 2].map(addressOf)));
  expect(new Set((await survey6(lab)).values())).toEqual(new Set([1, 3].map(addressOf)));

  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await snapshot6(lab.router)).toBe(before6);
  expect(await lab.snapshot()).toBe(before);
});
