import { expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import type { Config } from "../../../src/config/model.ts";
import { type StartFacts, startNotes } from "../../../src/diagnose/start-notes.ts";
import { twoPools } from "../../fixtures/two-pools.ts";

const RANGE = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.3" };

function configOf(flags: Readonly<Record<string, string>> = {}): Config {
  const parsed = parseConfig({ ...RANGE, ...flags }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.config;
}

/** A router with everything in order. */
const FACTS: StartFacts = {
  forwarding: { forward: "1", forwarding: new Map([["eth0", true]]) },
  hash: { 4: { hashPolicy: "0", hashFields: "7" }, 6: { hashPolicy: "1", hashFields: "7" } },
  command: undefined,
  addresses: ["10.0.0.254", "192.168.1.1", "172.16.0.1", "172.17.0.1"],
  memory: { limit: undefined, total: 2 ** 30 },
};

const textsOf = (config: Config, facts: Partial<StartFacts> = {}): string[] =>
  startNotes(config, { ...FACTS, ...facts }).map(({ level, text }) => `${level}: ${text}`);

test("the start of a router in order says where packets go, how flows are distributed and where the page is", () => {
  expect(textsOf(configOf())).toEqual([
    "info: kill switch off: without a usable gateway, traffic takes the normal routing tables",
    "info: flows are distributed by addresses only: all connections of one client to one server use the same gateway (net.ipv4.fib_multipath_hash_policy 0)",
    "info: status page and metrics: http://10.0.0.254:9090/ http://192.168.1.1:9090/ http://172.16.0.1:9090/",
  ]);
});

test("a kill switch that is on is named, and pools that differ are told apart", () => {
  expect(textsOf(configOf({ "when-no-gateways": "prohibit" }))[0]).toBe(
    "info: kill switch on: without a usable gateway, traffic is rejected (prohibit)",
  );
  const config = twoPools(RANGE);
  const [first, second] = config.pools;
  const changed = { ...config, pools: [{ ...first, whenNoGateways: "prohibit" }, second!] } as Config;
  expect(textsOf(changed).slice(0, 2)).toEqual([
    "info: kill switch of pool vpn on: without a usable gateway, traffic is rejected (prohibit)",
    expect.stringMatching(/^info: kill switch of pool lte off: /),
  ]);
});

test("the page is named as it can be reached", () => {
  const pageOf = (flags: Record<string, string>, addresses = FACTS.addresses) =>
    textsOf(configOf(flags), { addresses }).find((text) => text.includes("metrics:"));
  expect(pageOf({ "metrics-address": "127.0.0.1", "metrics-port": "80" })).toEndWith(" http://127.0.0.1:80/");
  expect(pageOf({}, ["2001:db8::1"])).toEndWith(" http://[2001:db8::1]:9090/");
  expect(pageOf({}, [])).toBe("info: status page and metrics: port 9090 of this machine");
  expect(pageOf({ "status-page": "false" })).toStartWith("info: metrics: ");
  expect(pageOf({ "http-password": "correct horse" })).toEndWith(" (with a password)");
});

test("what defeats the purpose is a warning with its remedy", () => {
  const config = configOf({ "on-change": "/etc/notify all" });
  const command = { exists: true, executable: false, interpreter: undefined, interpretable: false, crlf: false };
  const forwarding = { forward: "0", forwarding: new Map([["eth0", false]]) };
  const memory = { limit: 24 * 1024 * 1024, total: 2 ** 30 };
  expect(textsOf(config, { command, forwarding, memory }).filter((text) => text.startsWith("warn"))).toEqual([
    expect.stringMatching(/^warn: forwarding: net\.ipv4\.ip_forward is 0: .*; sysctl -w net\.ipv4\.ip_forward=1/),
    expect.stringMatching(/^warn: memory: 24 MiB may be used; the service needs 40 MiB, .*; raise the limit/),
    expect.stringMatching(/^warn: on-change: this user may not execute \/etc\/notify; chmod \+x \/etc\/notify/),
  ]);
  expect(textsOf(config, { command: { ...command, executable: true } }).join()).not.toContain("warn");
});

test("a single gateway has no flows to distribute", () => {
  expect(textsOf(configOf({ "end-ip": "10.0.0.1" })).join()).not.toContain("flows");
});
