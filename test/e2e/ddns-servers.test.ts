/** A name at real name servers, on the upstream host, that takes the addresses of the gateways in one step. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import {
  address6Of,
  addressOf,
  answering,
  type Daemon,
  type DdnsLab,
  type Lab,
  openDdnsLab,
  publicOf,
  publicOf6,
  refusing,
  reporting,
  UPSTREAM,
} from "./lab/index.ts";
import { type Flags, runIn } from "./lab/executable.ts";
import { atBind, atKnot, atPowerDns, type Serve, type ServedName } from "./lab/name-servers.ts";

setDefaultTimeout(60_000);

/** That of the router towards the servers. */
const ROUTER_UPSTREAM = "10.88.0.2";

interface ServerLab {
  readonly lab: Lab;
  readonly ddns: DdnsLab;
  readonly name: ServedName;
  start(flags?: Flags, key?: string): Daemon;
  /** Waits until the name has exactly these addresses in records of a type, with a time to live in seconds. */
  untilHeld(type: "A" | "AAAA", addresses: readonly string[], ttl?: number): Promise<void>;
}

async function open(serve: Serve): Promise<ServerLab> {
  const { lab, ddns } = await openDdnsLab({ ipv6: true });
  const name = await serve(lab.upstream);
  return {
    ...{ lab, ddns, name },
    start: (flags = {}, key = name.key) => ddns.start({ ...name.flags, ...flags }, { env: { DDNS_PASSWORD: key } }),
    untilHeld: async (type, addresses, ttl = 60) => {
      const wanted = addresses.map((address) => `${address} ${ttl}`).join();
      await lab.until(
        `${type} records ${wanted}`,
        async () => (await name.held(type)).join(),
        (now) => now === wanted,
      );
    },
  };
}

/** Flags with both addresses of each gateway. */
const BOTH: Flags = {
  gateway: [1, 2, 3].map((number) => `${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
};

describe.each<[string, Serve]>([
  ["BIND", atBind],
  ["Knot", atKnot],
  ["PowerDNS", atPowerDns],
])("a name at %s", (_, serve) => {
  test("has the addresses of both families, and follows gateways and their addresses", async () => {
    const { lab, ddns, name, start, untilHeld } = await open(serve);
    await name.put("A", ["9.0.0.9"], 300);
    await name.put("AAAA", ["2600::9"], 300);
    const daemon = start({ ...BOTH, "ddns-record-ttl": "2m" });
    await untilHeld("A", [1, 2, 3].map(publicOf), 120);
    await untilHeld("AAAA", [1, 2, 3].map(publicOf6), 120);
    lab.gateway(1).becomes(refusing);
    lab.gateway6(3).becomes(refusing);
    await untilHeld("A", [2, 3].map(publicOf), 120);
    await untilHeld("AAAA", [1, 2].map(publicOf6), 120);
    ddns.service(2).becomes(reporting("1.0.0.99"));
    await untilHeld("A", [publicOf(3), "1.0.0.99"], 120);
    lab.gateway(1).becomes(answering(200));
    await untilHeld("A", [publicOf(1), publicOf(3), "1.0.0.99"], 120);
    expect(await name.held("TXT")).toEqual(['"text" 300']);
    expect(`${daemon.log}`).not.toContain(name.secret);
  });

  test("of a pool of IPv4 has A records alone written", async () => {
    const { lab, name, start, untilHeld } = await open(serve);
    await name.put("AAAA", ["2600::9"], 300);
    const daemon = start();
    await untilHeld("A", [1, 2, 3].map(publicOf));
    lab.gateway(1).becomes(refusing);
    await untilHeld("A", [2, 3].map(publicOf));
    await untilHeld("AAAA", ["2600::9"], 300);
    expect(await daemon.stop()).toMatchObject({ status: 0 });
  });

  test("that something else writes while the router is down is corrected at its start", async () => {
    const { name, start, untilHeld } = await open(serve);
    const daemon = start();
    await untilHeld("A", [1, 2, 3].map(publicOf));
    await name.put("A", ["9.0.0.9"], 60);
    await daemon.untilRounds(2);
    await daemon.stop();
    start();
    await untilHeld("A", [1, 2, 3].map(publicOf));
  });
});

test.each<[string, Serve, string]>([
  ["BIND", atBind, "lost"],
  ["Knot", atKnot, "refused"],
  ["PowerDNS", atPowerDns, "refused"],
])("a name at %s is right soon after an outage, whatever happened meanwhile", async (_, serve, fate) => {
  const verdict = fate === "lost" ? "drop" : "reject";
  const { lab, ddns, name, start, untilHeld } = await open(serve);
  const daemon = start({ "ddns-timeout": "5s" });
  await untilHeld("A", [1, 2, 3].map(publicOf));
  const rule = `table ip grm { chain in { type filter hook input priority 0; ip saddr ${ROUTER_UPSTREAM} ${verdict}; }; }`;
  expect(await runIn(lab.upstream, ["nft", rule])).toMatchObject({ status: 0 });
  lab.gateway(1).becomes(refusing);
  await daemon.log.next(/level=warn msg="ddns: gw\.example\./);
  ddns.service(2).becomes(reporting("1.0.0.99"));
  lab.gateway(3).becomes(refusing);
  await daemon.log.next(/gateway \S*10\.77\.0\.13\S* down/);
  expect(await name.held("A")).toEqual([1, 2, 3].map((one) => `${publicOf(one)} 60`));
  expect(await runIn(lab.upstream, ["nft", "delete table ip grm"])).toMatchObject({ status: 0 });
  await untilHeld("A", ["1.0.0.99"]);
  lab.gateway(1).becomes(answering(200));
  await untilHeld("A", [publicOf(1), "1.0.0.99"]);
});

test("what the server shows is asked for after each update, and its delay is in log and metrics", async () => {
  const { lab, start, untilHeld } = await open(atBind);
  const daemon = start({ "ddns-verify": UPSTREAM });
  await untilHeld("A", [1, 2, 3].map(publicOf));
  await daemon.log.next(/ddns: gw\.example\.com: name servers show the addresses after/);
  lab.gateway(1).becomes(refusing);
  await untilHeld("A", [2, 3].map(publicOf));
  await daemon.log.next(/ddns: gw\.example\.com: name servers show the addresses after/);
  await daemon.untilMetrics("the name shown", (it) => {
    const [delay] = it.all("ddns_shown_delay_seconds", {});
    return delay !== undefined && delay.value < 5 && it.all("ddns_not_shown", {})[0]?.value === 0;
  });
});

test.each<[string, Serve]>([
  ["BIND", atBind],
  ["Knot", atKnot],
])("a key that %s does not know is an error that names it, and no secret", async (_, serve) => {
  const { name, start } = await open(serve);
  const daemon = start({}, name.key.replace("grm-key", "other-key"));
  await daemon.log.next(/level=error.*does not know the key other-key \(BADKEY\)/);
  expect(`${daemon.log}`).not.toContain(name.secret);
});

test("a key that PowerDNS does not know is an error that names the setting, and no key", async () => {
  const { name, start } = await open(atPowerDns);
  const daemon = start({}, "wr0ng-key-wr0ng-key");
  await daemon.log.next(/level=error.*HTTP status 401.*-ddns-password/);
  expect(`${daemon.log}`).not.toContain("wr0ng-key");
  expect(`${daemon.log}`).not.toContain(name.secret);
});
