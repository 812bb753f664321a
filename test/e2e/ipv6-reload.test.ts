/** Reloads that add IPv6 to pools and gateways, or take it away, while packets of both families are on their way. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { address6Of, addressOf, INTERNET6, openLab, readSlots, refusing, snapshot6, TABLE } from "./lab/index.ts";

setDefaultTimeout(120_000);

const PROBE = `[probe.health]\ntype = "http"\nport = 9999\nperiod = "1s"\ntimeout = "1s"\n`;

/** A gateway with these addresses, called by its number. */
function gateway(number: number, ...families: readonly (4 | 6)[]): string {
  const addresses = families.map((family) => (family === 4 ? addressOf(number) : address6Of(number)));
  return `[[gateway]]\nname = "g${number}"\naddress = ${JSON.stringify(addresses)}\n`;
}

function pool(name: string, routes: readonly string[], members: readonly number[], more = ""): string {
  const names = JSON.stringify(members.map((number) => `g${number}`));
  return `[[pool]]\nname = "${name}"\nroutes = ${JSON.stringify(routes)}\nmembers = ${names}\n${more}\n`;
}

const BOTH = [1, 2, 3].map((number) => gateway(number, 4, 6)).join("");
const ALL = ["default", "default6"];

async function setUp(text: string) {
  const lab = await openLab({ ipv6: true });
  const before6 = await snapshot6(lab.router);
  const daemon = lab.startWithFile(`${PROBE}${text}`);
  await daemon.untilReady();
  await lab.until("the control socket", () => existsSync(lab.ownFiles()["GRM_CONTROL_SOCKET"]!), Boolean);
  const reload = async (changed: string): Promise<void> => {
    writeFileSync(String(daemon.flags["config"]), `${PROBE}${changed}`);
    expect(await lab.run(["reload"])).toMatchObject({ status: 0 });
  };
  const survey6 = (from = lab.client) => lab.traffic.survey(100, from, INTERNET6);
  return { lab, before6, daemon, reload, survey6 };
}

test("a pool gets IPv6 and loses it again, and packets of IPv4 notice nothing", async () => {
  const { lab, before6, daemon, reload, survey6 } = await setUp(`${BOTH}${pool("vpn", ["default"], [1, 2, 3])}`);
  await lab.untilRouted([1, 2, 3]);
  const flows = await lab.traffic.survey(200);
  const stream = await lab.traffic.stream({ flows: 64, packetsPerSecond: 2000, limit: 1_000_000 });
  for (let round = 0; round < 3; round++) {
    await reload(`${BOTH}${pool("vpn", ALL, [1, 2, 3])}`);
    await lab.untilRouted6([1, 2, 3]);
    expect(new Set((await survey6()).values())).toEqual(new Set([1, 2, 3].map(addressOf)));
    lab.gateway6(2).becomes(refusing);
    await lab.untilRouted6([1, 3]);
    await lab.router.ip("nexthop", "flush", "proto", "173"); // changes of IPv6 are noticed from now on
    await lab.untilRouted6([1, 3]);
    lab.gateway6(2).becomes({ kind: "answer", status: 200 });
    await reload(`${BOTH}${pool("vpn", ["default"], [1, 2, 3])}`);
    expect(await snapshot6(lab.router)).toBe(before6);
  }
  const { lost, arrived } = await stream.stop();
  expect({ lost, upstream: arrived["upstream"] }).toEqual({ lost: 0, upstream: undefined });
  expect(await lab.traffic.survey(200)).toEqual(flows);
  expect(daemon.log.matching(/level=error/)).toEqual([]);
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
});

test("a pool that loses IPv6 leaves nothing of its probes beyond the gateways", async () => {
  const beyond =
    '[probe.beyond]\ntype = "tcp"\ntargets = ["8.8.8.8:80", "[2001:4860:4860::8888]:80"]\nperiod = "500ms"\ntimeout = "250ms"\n';
  const { lab, before6, reload } = await setUp(`${beyond}${BOTH}${pool("vpn", ["default"], [1, 2, 3])}`);
  const marked = () => lab.router.ip("-6", "rule", "show");
  await reload(`${beyond}${BOTH}${pool("vpn", ALL, [1, 2, 3])}`);
  await lab.until("rules for probes of IPv6", marked, (text) => text.includes("fwmark"));
  await reload(`${beyond}${BOTH}${pool("vpn", ["default"], [1, 2, 3])}`);
  expect(await snapshot6(lab.router)).toBe(before6);
  expect(await lab.router.ip("-4", "rule", "show")).toContain("fwmark");
});

test("a gateway that gets an address of IPv6, or loses it, keeps its place in IPv4", async () => {
  const some = gateway(1, 4, 6) + gateway(2, 4) + gateway(3, 4, 6);
  const { lab, reload, survey6 } = await setUp(`${some}${pool("vpn", ALL, [1, 2, 3])}`);
  await lab.untilRouted([1, 2, 3]);
  const slots = await lab.untilRouted6([1, 3]);
  const flows = await lab.traffic.survey(200);
  await reload(`${BOTH}${pool("vpn", ALL, [1, 2, 3])}`);
  const all = await lab.untilRouted6([1, 2, 3]);
  const moved = slots.filter((one, index) => one !== all[index] && all[index] !== address6Of(2));
  expect(moved).toEqual([]);
  expect(await lab.traffic.survey(200)).toEqual(flows);
  await reload(`${some}${pool("vpn", ALL, [1, 2, 3])}`);
  await lab.untilRouted6([1, 3]);
  expect(new Set((await survey6()).values())).toEqual(new Set([1, 3].map(addressOf)));
  expect(await lab.traffic.survey(200)).toEqual(flows);
});

test("a pool for sources of both families keeps its place at a restart, whatever is before it in the file", async () => {
  const vpn = pool("vpn", ALL, [1, 2], 'from = ["10.66.0.0/24", "fd00:66::/64"]');
  const rest = pool("rest", ALL, [3]);
  const { lab, daemon } = await setUp(`${BOTH}${vpn}${rest}`);
  await lab.untilRouted6([1, 2]);
  await daemon.kill();
  const [before, before6] = [await lab.snapshot(), await snapshot6(lab.router)];
  const more = pool("more", ALL, [3], 'from = ["10.99.0.0/24", "fd00:99::/64"]');
  const second = lab.startWithFile(`${PROBE}${BOTH}${more}${vpn}${rest}`);
  await second.untilReady();
  expect(new Set(await readSlots(lab.router, TABLE))).toEqual(new Set([1, 2].map(address6Of)));
  const [after, after6] = [await lab.snapshot(), await snapshot6(lab.router)];
  const lost = (one: string, other: string): string[] =>
    one.split("\n").filter((line) => !other.split("\n").includes(line));
  expect(lost(before, after)).toEqual([]);
  expect(lost(before6, after6)).toEqual([]);
});
