/** What the page about pools says of the next pool, and its pitfalls, with clients in two networks. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { nft } from "./lab/beyond.ts";
import { untilAt } from "./lab/clients.ts";
import { answersTo } from "./lab/echo.ts";
import { runIn } from "./lab/executable.ts";
import { addressOf, INTERNET } from "./lab/index.ts";
import { fail, gateways, here, LTE, NORWAY, openPools, openWith, rulesOf, start, SWEDEN } from "./lab/pools-page.ts";

setDefaultTimeout(60_000);

const VPN = '[[pool]]\nname = "vpn"\nfrom = ["10.78.0.0/24"]\nmembers = ["sweden"]\n';
const VPN_OF_TWO = VPN.replace('["sweden"]', '["sweden", "norway"]');
const REST = '[[pool]]\nname = "rest"\nmembers = ["norway"]\n';

describe("a packet goes on to the next pool", () => {
  test("when its destination is excluded in the first", async () => {
    const { lab, iot } = await openWith(`${VPN}exclude = ["8.8.0.0/16"]\n${REST}`);
    await untilAt(lab, iot, NORWAY);
  });

  test("when it is not among the routes of the first", async () => {
    const { lab, iot } = await openWith(`${VPN}routes = ["9.0.0.0/8"]\n${REST}`);
    await untilAt(lab, iot, NORWAY);
  });

  test("when the first has no usable gateway and falls through", async () => {
    const { lab, iot } = await openWith(`${VPN}${REST}`);
    fail(lab, SWEDEN);
    await untilAt(lab, iot, NORWAY);
  });

  test("but not when the first keeps its last routes", async () => {
    const all = await openPools();
    const daemon = await start(all, `${VPN}when-no-gateways = "keep"\n${REST}`);
    fail(all.lab, SWEDEN);
    await daemon.log.next(/gateway sweden .* down/);
    await untilAt(all.lab, all.iot, SWEDEN);
  });

  test("and not when the first rejects packets", async () => {
    const { lab } = await openWith(`${VPN}when-no-gateways = "prohibit"\n${REST}`);
    fail(lab, SWEDEN);
    const route = () => lab.router.ip("route", "get", INTERNET, "from", "10.78.0.2", "iif", "iot0");
    const answer = () => route().catch(({ message }: Error) => message);
    await lab.until("packets to be prohibited", answer, (now) => /prohibited|Permission denied/i.test(now));
  });
});

describe("a mark", () => {
  const MARK = 'name = "phones"\nmark = "0x10/0xff"\nmembers = ["lte"]\n';
  const SAME = `from = ["10.78.0.0/24"]\n${MARK}`;
  const PLACED = VPN.replace("members", "preference = 11000\nmembers");

  test.each([
    ["does not win over a network", `${VPN}[[pool]]\n${MARK}`, SWEDEN],
    ["wins over its own network", `${VPN}[[pool]]\n${SAME}`, LTE],
    ["does not win by a preference of its own pool alone", `${VPN}[[pool]]\npreference = 10000\n${MARK}`, SWEDEN],
    ["wins by preferences of both pools", `${PLACED}[[pool]]\npreference = 10000\n${MARK}`, LTE],
  ])("%s", async (_, text, place) => {
    const all = await openPools();
    await nft(all.lab.router, MARKING);
    await start(all, text);
    await untilAt(all.lab, all.iot, place);
  });
});

const MARKING = `table ip marking {
  chain pre {
    type filter hook prerouting priority mangle;
    iifname "iot0" meta mark set 0x10
  }
}`;

test.each([
  { selector: 'from = ["10.78.0.0/24"]', source: undefined, table: "main" },
  { selector: 'from = ["10.78.0.0/24"]', source: "10.78.0.1", table: "180" },
  { selector: 'in = ["iot0"]', source: undefined, table: "main" },
  { selector: 'in = ["iot0", "lo"]', source: undefined, table: "180" },
  { selector: "", source: undefined, table: "180" },
])("the router's own packets with the source $source and a pool with $selector use $table", async (row) => {
  const { lab } = await openWith(`[[pool]]\nname = "one"\n${row.selector}\nmembers = ["sweden"]\n`);
  const from = row.source === undefined ? [] : ["from", row.source];
  const answer = await lab.router.ip("route", "get", INTERNET, ...from);
  expect(/ table (\d+)/.exec(answer)?.[1] ?? "main").toBe(row.table);
});

test("a TCP connection of the router uses a pool with the address that the normal routing tables give it", async () => {
  const { lab } = await openWith('[[pool]]\nname = "one"\nfrom = ["10.77.0.0/24"]\nmembers = ["sweden"]\n');
  lab.serve(lab.gatewaySpace(SWEDEN), "1.1.1.1", 853);
  const connect = () => runIn(lab.router, ["timeout", "1", "bash", "-c", "exec 3<>/dev/tcp/1.1.1.1/853"]);
  expect((await connect()).status).not.toBe(0);
  await lab.router.ip("route", "replace", "default", "via", addressOf(NORWAY), "dev", "gw0");
  expect(await lab.router.ip("route", "get", "1.1.1.1")).toContain(`via ${addressOf(NORWAY)}`);
  expect((await connect()).status).toBe(0);
});

test("the rules for names lead questions to the router through the pool", async () => {
  const { lab, iot } = await openWith(VPN_OF_TWO);
  await nft(lab.router, rulesOf("names").replaceAll("dport 53", "dport 5000"));
  const stream = await lab.traffic.stream({ flows: 60, packetsPerSecond: 5000, limit: 60, from: iot, to: "10.78.0.1" });
  expect((await stream.finish()).lost).toBe(0);
  expect([...new Set(stream.sinkOfFlow.values())].sort()).toEqual([addressOf(SWEDEN), addressOf(NORWAY)]);
});

describe("the reverse path filter of the gateways' interface", () => {
  test.each([
    { selector: 'in = ["iot0"]', filter: 1, isAnswered: true },
    { selector: 'from = ["10.78.0.0/24"]', filter: 1, isAnswered: true },
    { selector: 'mark = "0x10"', filter: 1, isAnswered: false },
    { selector: 'mark = "0x10"', filter: 2, isAnswered: true },
  ])("of $filter lets answers to a pool with $selector in: $isAnswered", async ({ selector, filter, isAnswered }) => {
    const all = await openPools();
    const { lab, iot } = all;
    await nft(lab.router, MARKING);
    await start(all, `[[pool]]\nname = "one"\n${selector}\nmembers = ["lte"]\n`);
    lab.router.tune({ "ipv4/conf/all/rp_filter": 0, "ipv4/conf/gw0/rp_filter": filter });
    expect(await answersTo(iot, lab.gatewaySpace(LTE))).toBe(isAnswered);
  });

  test.each([
    { filter: 1, isUp: 0 },
    { filter: 2, isUp: 1 },
  ])(
    "of $filter brings gateways up that are probed beyond and are for one network: $isUp",
    async ({ filter, isUp }) => {
      const all = await openPools();
      all.lab.router.tune({
        "ipv4/ping_group_range": "0 2147483647",
        "ipv4/conf/all/rp_filter": 0,
        "ipv4/conf/gw0/rp_filter": filter,
      });
      const probe = '[probe.internet]\ntype = "icmp"\ntargets = ["1.1.1.1"]\nperiod = "500ms"\ntimeout = "400ms"\n';
      const daemon = all.lab.startWithFile(here(`${probe}${gateways}${VPN}`));
      const verdict = await daemon.untilMetrics("the first verdict", (it) => it.all("gateway_up").length > 0);
      expect(verdict.value("gateway_up", { gateway_ip: addressOf(SWEDEN) })).toBe(isUp);
    },
  );
});
