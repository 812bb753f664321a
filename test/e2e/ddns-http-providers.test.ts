/** A name at each provider with an HTTP API, whose fake is on the upstream host. */
import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { FakeDigitalOcean } from "../fakes/digitalocean.ts";
import { FakeGandi } from "../fakes/gandi.ts";
import { FakeHetzner } from "../fakes/hetzner.ts";
import type { FakeHttpApi } from "../fakes/http-api.ts";
import { FakeRoute53 } from "../fakes/route53.ts";
import type { Flags } from "./lab/executable.ts";
import { openDdnsLab, publicOf, refusing } from "./lab/index.ts";
import { UPSTREAM } from "./lab/network.ts";

setDefaultTimeout(60_000);

const PORT = 8444;
const NAME = "gw.example.net";

interface Bench {
  readonly fake: FakeHttpApi;
  readonly secret: string;
  readonly flags: Flags;
  /** The A records of the name, and their time to live in seconds. */
  readonly held: () => { readonly addresses: readonly string[]; readonly ttl: number | null | undefined };
}

const PROVIDERS: Readonly<Record<string, () => Bench>> = {
  hetzner() {
    const fake = new FakeHetzner();
    const held = () => {
      const { records = [], ttl } = fake.rrsets[0] ?? {};
      return { addresses: records.map(({ value }) => value), ttl };
    };
    return { fake, secret: fake.secret, flags: {}, held };
  },
  gandi() {
    const fake = new FakeGandi();
    const held = () => {
      const { rrset_values: addresses = [], rrset_ttl: ttl } = fake.rrsets[0] ?? {};
      return { addresses, ttl };
    };
    return { fake, secret: fake.secret, flags: {}, held };
  },
  digitalocean() {
    const fake = new FakeDigitalOcean();
    const held = () => ({ addresses: fake.records.map(({ data }) => data), ttl: fake.records[0]?.ttl });
    return { fake, secret: fake.secret, flags: {}, held };
  },
  route53() {
    const fake = new FakeRoute53();
    const held = () => {
      const { values: addresses = [], ttl } = fake.sets[0] ?? {};
      return { addresses, ttl };
    };
    return { fake, secret: fake.secret, flags: { "ddns-username": fake.id }, held };
  },
};

test.each(Object.entries(PROVIDERS))("a name at %s has the addresses of the active gateways", async (name, open) => {
  const { lab, ddns } = await openDdnsLab();
  const { fake, secret, flags, held } = open();
  const { url, close } = fake.listen(UPSTREAM, PORT, (action) => lab.upstream.enter(action));
  onTestFinished(close);
  const untilHeld = (addresses: readonly string[]) =>
    lab.until(
      `records ${addresses.join()} at ${name}`,
      () => [...held().addresses].sort().join(),
      (now) => now === addresses.join(),
    );
  const own = { "ddns-provider": name, "ddns-api-url": url.replace("/2013-04-01", ""), "ddns-hostname": NAME };
  const daemon = ddns.start({ ...own, "ddns-record-ttl": "10m", ...flags }, { env: { DDNS_PASSWORD: secret } });
  await untilHeld([1, 2, 3].map(publicOf));
  expect(held().ttl).toBe(600);
  lab.gateway(2).becomes(refusing);
  await untilHeld([publicOf(1), publicOf(3)]);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
  expect(daemon.log.matching(/level=error/)).toEqual([]);
  expect(`${daemon.log}${daemon.stderr}`).not.toContain(secret);
});
