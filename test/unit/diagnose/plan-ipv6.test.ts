import { describe, expect, test } from "bun:test";

import { inEachFamily } from "../../../src/config/families.ts";
import type { Config } from "../../../src/config/model.ts";
import { planText } from "../../../src/diagnose/format-plan.ts";
import { poolsPlanText } from "../../../src/diagnose/format-pools-plan.ts";
import { planFamilies, plansOfPools } from "../../../src/diagnose/plan-families.ts";
import { readingsOf } from "../../../src/diagnose/routing-settings.ts";
import { servicePlanOf } from "../../../src/diagnose/service-plan.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { commandText } from "../../../src/routing/iproute2/batch.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { configOf } from "../config/file/file.fixture.ts";

const GOOD: ProbeResult = { kind: "success", seconds: 0.01, detail: "status 200", status: 200 };
const BAD: ProbeResult = { kind: "failure", seconds: 0.01, code: "refused", detail: "connection refused" };

/** One gateway with both families, and one of each alone. */
const GATEWAYS = `
[[gateway]]
name = "sweden"
address = ["10.77.0.10", "fd00:77::10"]
[[gateway]]
name = "norway"
address = "10.77.0.11"
[[gateway]]
name = "lte"
address = "fd00:77::12"
`;

const ONE_POOL = `${GATEWAYS}[[pool]]\nroutes = ["default", "default6"]\nexclude-reserved-cidrs = false\n`;

const TWO_POOLS = `${GATEWAYS}
[[pool]]
name = "vpn"
from = ["10.78.0.0/24", "fd00:78::/64"]
routes = ["1.0.0.0/8", "2600::/12"]
members = [{ gateway = "sweden", weight = 3 }, "norway", "lte"]
when-no-gateways = "unreachable"
[[pool]]
name = "rest"
routes = ["2600::/12"]
members = ["sweden", "lte"]
`;

const newKernel = (): FakeKernel => new FakeKernel(["10.77.0.1/24", "fd00:77::1/64"]);

/** The plan while these addresses of gateways fail. */
async function plan(text: string, down: readonly string[] = [], kernel = newKernel()) {
  const config: Config = configOf(text);
  const families = inEachFamily(config);
  const observed = await Promise.all(families.map((one) => kernel.observeAll(readingsOf(one.config, one.family))));
  const all = ["10.77.0.10", "10.77.0.11", "fd00:77::10", "fd00:77::12"];
  const results = new Map(all.map((address) => [address, down.includes(address) ? BAD : GOOD]));
  const planned = planFamilies(families, observed, {
    probers: [{ thresholds: { rise: 1, fall: 1 }, results }],
    requirementOf: () => "all",
  });
  const plans = plansOfPools(config, planned);
  const service = servicePlanOf(
    config,
    plans.map((routing) => ({
      ...{ routing, running: false, obstacles: [], ddns: null },
      commands: routing.changes.map(commandText),
    })),
    { cleaning: [], removal: [], obstacles: [] },
  );
  const look = { width: Infinity, colour: false };
  const lines = (service.pools ? poolsPlanText(service, look) : planText(service, 180, look)).split("\n");
  return { kernel, plans, service, lines };
}

/** Makes the changes of a plan. */
async function apply({ kernel, plans }: Awaited<ReturnType<typeof plan>>): Promise<void> {
  for (const { changes } of plans) expect(await kernel.apply(changes)).toEqual({ ok: true });
}

/** Commands with runs of those for slots in one line: 60 of them say nothing more. */
function withoutSlots(commands: readonly string[]): string[] {
  const short = commands.map((line) => {
    const [, gateway] = /^ip nexthop replace id 17304\d+ via (\S+) dev eth0 onlink proto 173$/.exec(line) ?? [];
    return gateway === undefined ? line.replace(/group \S+/, "group ...") : `slots via ${gateway}`;
  });
  return short.filter((line, index) => line !== short[index - 1]);
}

describe("the plan of one pool of both families", () => {
  test("has the commands of IPv4, and then those of IPv6 with nexthop objects", async () => {
    const { service, lines } = await plan(ONE_POOL);
    expect(withoutSlots(service.kernel.commands)).toEqual([
      "ip route add throw 10.77.0.10/31 table 180 proto 173",
      "ip route add throw 10.77.0.0/24 table 180 proto 173",
      "ip route replace default table 180 proto 173 nexthop via 10.77.0.10 dev eth0 nexthop via 10.77.0.11 dev eth0",
      "ip rule add pref 10888 from all lookup 180 protocol 173",
      "slots via fd00:77::10",
      "slots via fd00:77::12",
      "ip nexthop replace id 173046080 group ... proto 173",
      "ip route add throw fd00:77::10/128 table 180 proto 173 metric 1024",
      "ip route add throw fd00:77::12/128 table 180 proto 173 metric 1024",
      "ip route add throw fd00:77::/64 table 180 proto 173 metric 1024",
      "ip route add fd00:77::/64 table 180 proto 173 metric 2048 dev eth0",
      "ip route replace ::/0 table 180 proto 173 metric 1024 nhid 173046080",
      "ip -6 rule add pref 10888 from all lookup 180 protocol 173",
    ]);
    expect(lines[0]).toBe("2 of 2 gateways are healthy in IPv4, 2 of 2 in IPv6; no instance manages table 180");
    expect(lines).toContain("  ip -6 rule add pref 10888 from all lookup 180 protocol 173");
  });

  test("changes nothing once it is carried out, and one family where a gateway fails in that alone", async () => {
    const first = await plan(ONE_POOL);
    await apply(first);
    expect((await plan(ONE_POOL, [], first.kernel)).service.kernel.commands).toEqual([]);
    const failed = await plan(ONE_POOL, ["fd00:77::10"], first.kernel);
    expect(withoutSlots(failed.service.kernel.commands)).toEqual(["slots via fd00:77::12"]);
    expect(failed.service.gateways.map(({ address, name, healthy }) => [address, name, healthy])).toEqual([
      ["10.77.0.10", "sweden", true],
      ["10.77.0.11", "norway", true],
      ["fd00:77::10", "sweden", false],
      ["fd00:77::12", "lte", true],
    ]);
    expect(failed.lines.slice(0, 2)).toEqual([
      "2 of 2 gateways are healthy in IPv4, 1 of 2 in IPv6; no instance manages table 180",
      "  sweden (fd00:77::10) is not healthy: connection refused",
    ]);
  });

  test("of IPv6 alone does not name it", async () => {
    const { lines, service } = await plan(
      ONE_POOL.replace('"default", ', "")
        .replace(/\[\[gateway\]\]\nname = "norway".*\n.*\n/, "")
        .replace('["10.77.0.10", "fd00:77::10"]', '"fd00:77::10"'),
    );
    expect(lines[0]).toBe("2 of 2 gateways are healthy; no instance manages table 180");
    expect(service.kernel.commands.at(-1)).toStartWith("ip -6 rule add");
  });
});

describe("the plan of several pools of both families", () => {
  test("has a part for each family where a pool routes both, with shares and cases of its own", async () => {
    const { service, lines } = await plan(TWO_POOLS, ["10.77.0.11"]);
    const [vpn, rest] = service.pools!;
    expect(vpn!.gateways.map(({ address, weight, share }) => [address, weight, share])).toEqual([
      ["10.77.0.10", 3, 1],
      ["10.77.0.11", 1, 0],
      ["fd00:77::10", 3, 0.75],
      ["fd00:77::12", 1, 0.25],
    ]);
    expect(vpn!.cases6!.tiers[0]!.gateways.map(({ address }) => address)).toEqual(["fd00:77::10", "fd00:77::12"]);
    expect(rest).not.toHaveProperty("cases6");
    expect(rest!.gateways.map(({ address, share }) => [address, share])).toEqual([
      ["fd00:77::10", 0.5],
      ["fd00:77::12", 0.5],
    ]);
    const from = lines.findIndex((line) => line.startsWith("pool vpn"));
    expect(lines.slice(from, from + 9)).toEqual([
      "pool vpn, asked first: packets from 10.78.0.0/24, fd00:78::/64 to 1.0.0.0/8, 2600::/12 (table 180, rules 10888 to 10891)",
      "  IPv4:",
      "    now: sweden (10.77.0.10)",
      "    all usable: sweden (10.77.0.10) 75.0 %, norway (10.77.0.11) 25.0 %",
      "    no usable gateway: packets are rejected (unreachable)",
      "  IPv6:",
      "    now: sweden (fd00:77::10) 75.0 %, lte (fd00:77::12) 25.0 %",
      "    all usable: sweden (fd00:77::10) 75.0 %, lte (fd00:77::12) 25.0 %",
      "    no usable gateway: packets are rejected (unreachable)",
    ]);
    const last = lines.findIndex((line) => line.startsWith("pool rest"));
    expect(lines.slice(last, last + 2)).toEqual([
      "pool rest, asked next: all packets to 2600::/12 (table 181, rule 10896)",
      "  now: sweden (fd00:77::10) 50.0 %, lte (fd00:77::12) 50.0 %",
    ]);
  });

  test("has no gateways of IPv6 where a pool only rejects it", async () => {
    const blocked = TWO_POOLS.replace('routes = ["1.0.0.0/8", "2600::/12"]', 'routes = ["default"]\nblock-ipv6 = true');
    const { service, lines } = await plan(blocked);
    const [vpn] = service.pools!;
    expect(vpn!.gateways.map(({ address }) => address)).toEqual(["10.77.0.10", "10.77.0.11"]);
    expect(vpn!.cases6).toEqual({
      ...{ tiers: [], tierRule: null, tooFew: null },
      withoutGateways: { packets: "rejected", how: "unreachable" },
    });
    expect(lines).toContain("    now: no usable gateway, so packets are rejected (unreachable)");
    expect(vpn!.commands).toContain("ip -6 rule add pref 10890 from fd00:78::/64 to ::/1 unreachable protocol 173");
    expect(vpn!.commands.some((line) => line.startsWith("ip nexthop"))).toBe(false);
  });

  test("names each address that fails once, before the pools", async () => {
    const { lines } = await plan(TWO_POOLS, ["fd00:77::12", "10.77.0.11"]);
    expect(lines.slice(0, 3)).toEqual([
      "1 of 2 gateways are healthy in IPv4, 1 of 2 in IPv6; no instance manages tables 180, 181",
      "  norway (10.77.0.11) is not healthy: connection refused",
      "  lte (fd00:77::12) is not healthy: connection refused",
    ]);
  });
});
