/** A name at a real BIND, on the upstream host, that takes the addresses of the gateways in signed updates. */
import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { serveBind } from "../fakes/bind.ts";
import type { DynamicServer } from "../fakes/dynamic-server.ts";
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
} from "./lab/index.ts";
import type { Flags } from "./lab/executable.ts";
import { UPSTREAM } from "./lab/network.ts";

setDefaultTimeout(60_000);

const NAME = "gw.example.com";

interface BindLab {
  readonly lab: Lab;
  readonly ddns: DdnsLab;
  readonly bind: DynamicServer;
  start(flags?: Flags, key?: string): Daemon;
  /** Waits until the name has exactly these addresses in records of a type, with a time to live in seconds. */
  untilHeld(type: "A" | "AAAA", addresses: readonly string[], ttl?: number): Promise<void>;
}

async function open(): Promise<BindLab> {
  const { lab, ddns } = await openDdnsLab({ ipv6: true });
  const bind = await serveBind(lab.upstream);
  onTestFinished(async () => bind[Symbol.asyncDispose]());
  const held = async (type: string): Promise<string> => {
    const fields = (await bind.zone("example.com")).map((line) => line.split(/\s+/));
    const own = fields.filter(([name, , , of]) => name === `${NAME}.` && of === type);
    return own
      .map(([, ttl, , , address]) => `${address} ${ttl}`)
      .sort()
      .join();
  };
  return {
    ...{ lab, ddns, bind },
    start: (flags = {}, key = bind.key) =>
      ddns.start(
        { "ddns-provider": "rfc2136", "ddns-server": UPSTREAM, "ddns-hostname": NAME, ...flags },
        { env: { DDNS_PASSWORD: key } },
      ),
    untilHeld: async (type, addresses, ttl = 60) => {
      const wanted = addresses.map((address) => `${address} ${ttl}`).join();
      await lab.until(
        `${type} records ${wanted}`,
        () => held(type),
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

test("the name has the addresses of both families, and follows gateways and their addresses", async () => {
  const { lab, ddns, bind, start, untilHeld } = await open();
  await bind.nsupdate("example.com", [`update add ${NAME} 300 A 9.0.0.9`, `update add ${NAME} 300 AAAA 2600::9`]);
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
  expect(await bind.zone("example.com")).toContainEqual(expect.stringMatching(/^gw\.example\.com\.\s.*TXT\s+"text"/));
  expect(`${daemon.log}`).not.toContain(/secret "([^"]+)"/.exec(bind.key)![1]!);
});

test("a pool of IPv4 asks for and writes A records alone", async () => {
  const { bind, start, untilHeld, lab } = await open();
  await bind.nsupdate("example.com", [`update add ${NAME} 300 AAAA 2600::9`]);
  const daemon = start();
  await untilHeld("A", [1, 2, 3].map(publicOf));
  lab.gateway(1).becomes(refusing);
  await untilHeld("A", [2, 3].map(publicOf));
  await untilHeld("AAAA", ["2600::9"], 300);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
});

test("what something else writes while the router is down is replaced at its start", async () => {
  const { bind, start, untilHeld } = await open();
  const daemon = start();
  await untilHeld("A", [1, 2, 3].map(publicOf));
  await bind.nsupdate("example.com", [`update delete ${NAME} A`, `update add ${NAME} 60 A 9.0.0.9`]);
  await daemon.untilRounds(2);
  await daemon.stop();
  start();
  await untilHeld("A", [1, 2, 3].map(publicOf));
});

test("a key that the server does not know is an error that names it, and no secret", async () => {
  const { bind, start } = await open();
  const other = bind.key.replace("grm-key", "other-key");
  const daemon = start({}, other);
  await daemon.log.next(/level=error.*does not know the key other-key \(BADKEY\)/);
  expect(`${daemon.log}`).not.toContain(/secret "([^"]+)"/.exec(bind.key)![1]!);
});
