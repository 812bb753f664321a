/** The explain command in IPv6: its answer is where real packets go. */
import { expect, setDefaultTimeout, test } from "bun:test";

import type { Explanation } from "../../src/diagnose/format-explanation.ts";
import type { NameExplanation } from "../../src/diagnose/format-name.ts";
import {
  address6Of,
  addressOf,
  CALM,
  CLIENT6,
  INTERNET6,
  type Lab,
  openLab,
  refusing,
  snapshot6,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

const NUMBERS = [1, 2, 3];
const BOTH = {
  gateway: NUMBERS.map((number) => `gw${number}=${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
  "when-no-gateways": "unreachable",
  ...CALM,
};

type Flags = Parameters<Lab["start"]>[0];

/** Runs the command on the lab's router, and expects that it changes nothing. */
async function run(lab: Lab, address: string, flags: Flags = {}) {
  const before = await snapshot6(lab.router);
  const ending = await lab.start({ ...BOTH, json: true, ...flags }, { command: ["explain", address] }).ended();
  expect(await snapshot6(lab.router)).toBe(before);
  return ending;
}

async function explain(lab: Lab, address: string, flags: Flags = {}): Promise<Explanation> {
  const { status, stdout, stderr } = await run(lab, address, flags);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const explanation = JSON.parse(stdout) as Explanation;
  expect(explanation.unexplained).toBe(false);
  return explanation;
}

/** The port at which the packets of a survey arrive in IPv6. */
const PORT6 = 5006;

test("a flow goes through the gateway that explain names, and an excluded packet past all of them", async () => {
  const lab = await openLab({ ipv6: true });
  await lab.start(BOTH).untilReady();
  await lab.untilRouted6(NUMBERS);
  const explained = await explain(lab, INTERNET6);
  expect(explained).toMatchObject({ managed: true, takesGateways: true, deviation: null, kernel: { table: "180" } });
  expect(explained.because).toEqual({ kind: "managed", flag: "-route", why: "-route ::/0 covers it" });
  expect(explained.steps.map(({ rule, outcome }) => `${rule} ${outcome}`)).toEqual([
    "0: from all lookup local empty",
    "10888: from all lookup 180 route",
  ]);
  expect(explained.shares).toEqual(
    NUMBERS.map((number) => {
      return { gateway: address6Of(number), device: "gw0", share: 1 / 3, name: `gw${number}`, inRange: true };
    }),
  );

  // The hash that the client makes of a packet for its flow label stays with it here, and the router would take that for its own.
  lab.client.tune({ "ipv6/auto_flowlabels": 0 });
  const flows = [...(await lab.traffic.survey(200, lab.client, INTERNET6))];
  const some = NUMBERS.flatMap((number) => flows.filter(([, sink]) => sink === addressOf(number)).slice(0, 2));
  expect(some).toHaveLength(6);
  for (const [sport, sink] of some) {
    const { kernel } = await explain(lab, INTERNET6, { from: CLIENT6, protocol: "udp", sport, dport: PORT6 });
    const number = NUMBERS.find((one) => addressOf(one) === sink)!;
    expect(kernel).toMatchObject({ ok: true, gateway: address6Of(number) });
  }

  const kindOf = async (address: string): Promise<string[]> => {
    const { managed, takesGateways, because, kernel } = await explain(lab, address);
    expect({ managed, takesGateways }).toEqual({ managed: false, takesGateways: false });
    return [because.kind, kernel.ok ? `${kernel.table} ${kernel.gateway ?? "direct"}` : "rejected"];
  };
  expect(await kindOf("2001:db8::1")).toEqual(["reserved", "main fd00:88::1"]);
  expect(await kindOf("fd00:66::77")).toEqual(["connected", "main direct"]);
  expect(await kindOf(address6Of(2))).toEqual(["gateways", "main direct"]);
  expect(await kindOf("fe80::5%gw0")).toEqual(["connected", "180 direct"]);
  expect(await kindOf("fe80::5%lan0")).toEqual(["connected", "main direct"]);

  for (const number of NUMBERS) lab.gateway6(number).becomes(refusing);
  await lab.untilRouted6([]);
  const rejected = await explain(lab, INTERNET6);
  expect(rejected).toMatchObject({ managed: true, takesGateways: false, kernel: { ok: false } });
  expect(rejected.deviation).toStartWith("the route in table 180 rejects it (unreachable), as -when-no-gateways says");
  expect((await explain(lab, "8.8.8.8")).takesGateways).toBe(true);
});

test("a name is explained by each of its addresses, and by those of the family of the source", async () => {
  const lab = await openLab({ ipv6: true });
  const { status, stdout } = await run(lab, "localhost");
  expect(status).toBe(0);
  const { name, addresses } = JSON.parse(stdout) as NameExplanation;
  expect(name).toBe("localhost");
  expect(addresses.map(({ address }) => address)).toContain("127.0.0.1");
  expect(addresses.every(({ managed }) => !managed)).toBe(true);
  const text = (await run(lab, "localhost", { json: false })).stdout;
  expect(text).toMatch(/^localhost has the address(es)? 127\.0\.0\.1/);
});

test("a flow label is asked for where ip can do that, and declined where it cannot", async () => {
  const lab = await openLab({ ipv6: true });
  const { status, stdout, stderr } = await run(lab, INTERNET6, { "flow-label": "0x12345" });
  if (status === 0) expect(JSON.parse(stdout)).toMatchObject({ flowLabel: "0x12345" });
  else expect(stderr).toContain("iproute2 6.14 and Linux 6.14 are needed; leave out -flow-label");
  const wrong = await run(lab, "8.8.8.8", { "flow-label": "0x12345" });
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining("-flow-label: packets of IPv4 have none") });
});
