import { createSend } from "../../src/ddns/create-provider.ts";
import { createCloudflare } from "../../src/ddns/providers/cloudflare/cloudflare.ts";
import { createDesec } from "../../src/ddns/providers/desec/desec.ts";
import type { DdnsProvider } from "../../src/ddns/providers/provider.ts";
import { createDigitalOcean } from "../../src/ddns/providers/digitalocean.ts";
import { createGandi } from "../../src/ddns/providers/gandi.ts";
import { createHetzner } from "../../src/ddns/providers/hetzner/hetzner.ts";
import { OWN_COMMENT } from "../../src/ddns/providers/own-comment.ts";
import { createPowerDns } from "../../src/ddns/providers/powerdns/powerdns.ts";
import { createRoute53 } from "../../src/ddns/providers/route53/route53.ts";
import { signAws } from "../../src/ddns/sign-aws.ts";
import { RECORD_TYPES } from "../../src/ddns/record-type.ts";
import type { Family } from "../../src/net/address.ts";
import { FakeCloudflare } from "../fakes/cloudflare.ts";
import { FakeDesec } from "../fakes/desec.ts";
import { FakeDigitalOcean } from "../fakes/digitalocean.ts";
import { FakeGandi } from "../fakes/gandi.ts";
import { FakeHetzner } from "../fakes/hetzner.ts";
import type { FakeHttpApi } from "../fakes/http-api.ts";
import { FakePowerDns } from "../fakes/powerdns.ts";
import { FakeRoute53 } from "../fakes/route53.ts";
import { inFamily } from "./ddns-address.fixture.ts";
import type { NameBench } from "./ddns-name.fixture.ts";

type Open = (family: Family) => Promise<NameBench>;

/** Every provider with an HTTP API whose fake keeps records by name and type. */
export const HTTP_NAMES: readonly (readonly [string, Open])[] = [
  ["Cloudflare in memory", openCloudflare],
  ["deSEC in memory", openDesec],
  ["DigitalOcean in memory", openDigitalOcean],
  ["Gandi in memory", openGandi],
  ["Hetzner in memory", openHetzner],
  ["PowerDNS in memory", openPowerDns],
  ["Route 53 in memory", openRoute53],
];

const hostname = "gw.example.net";

const otherOf = (family: Family): Family => (family === 4 ? 6 : 4);

/** The types of a family, and of the other one, with an address of each that belongs to others. */
function others(family: Family) {
  const other = otherOf(family);
  return [
    { name: "gw2", type: RECORD_TYPES[family], address: inFamily(family, "9.0.0.1") },
    { name: "gw", type: RECORD_TYPES[other], address: inFamily(other, "9.0.0.1") },
  ] as const;
}

/** What every provider with an HTTP API is made from. */
function settingsFor(fake: FakeHttpApi, family: Family) {
  return { hostname, family, timeout: 60_000, send: createSend(fake.fetch) };
}

/** The providers of two routers. */
function routersAt(fake: FakeHttpApi, create: () => DdnsProvider) {
  return { provider: create(), http: { fake, another: create }, async [Symbol.asyncDispose]() {} };
}

async function openCloudflare(family: Family): Promise<NameBench> {
  const fake = new FakeCloudflare();
  const type = RECORD_TYPES[family];
  const others = [
    fake.put({ name: "gw2.example.net", type, content: inFamily(family, "9.0.0.1") }),
    fake.put({ type: RECORD_TYPES[otherOf(family)], content: inFamily(otherOf(family), "9.0.0.1") }),
    fake.put({ type, content: inFamily(family, "9.0.0.7"), comment: "of another program" }),
  ].map(({ id }) => id);
  const recordsThat = (areOthers: boolean) => fake.records.filter(({ id }) => others.includes(id) === areOthers);
  return {
    ...routersAt(fake, () => createCloudflare({ ...settingsFor(fake, family), password: fake.secret, adopt: false })),
    async put(addresses, ttl) {
      for (const content of addresses) fake.put({ type, content, ttl });
    },
    async held() {
      const own = recordsThat(false);
      return { addresses: own.map(({ content }) => content).sort(), ttls: own.map(({ ttl }) => ttl) };
    },
    others: async () => recordsThat(true),
  };
}

async function openDesec(family: Family): Promise<NameBench> {
  const fake = new FakeDesec();
  const type = RECORD_TYPES[family];
  fake.put(type, [inFamily(family, "9.0.0.1")], 300, "gw2");
  fake.put(RECORD_TYPES[otherOf(family)], [inFamily(otherOf(family), "9.0.0.1")], 300);
  const isOwn = (one: { readonly subname: string; readonly type: string }): boolean =>
    one.subname === "gw" && one.type === type;
  return {
    ...routersAt(fake, () => createDesec({ ...settingsFor(fake, family), password: fake.secret })),
    put: async (addresses, ttl) => fake.put(type, addresses, ttl),
    async held() {
      const { records = [], ttl = 0 } = fake.rrsets.find(isOwn) ?? {};
      return { addresses: [...records].sort(), ttls: records.map(() => ttl) };
    },
    others: async () => fake.rrsets.filter((one) => !isOwn(one)),
  };
}

async function openDigitalOcean(family: Family): Promise<NameBench> {
  const fake = new FakeDigitalOcean();
  const type = RECORD_TYPES[family];
  for (const { name, type: theirs, address } of others(family)) fake.put({ name, type: theirs, data: address });
  const isOwn = (one: (typeof fake.records)[number]): boolean => one.name === "gw" && one.type === type;
  return {
    ...routersAt(fake, () => createDigitalOcean({ ...settingsFor(fake, family), password: fake.secret })),
    async put(addresses, ttl) {
      for (const data of addresses) fake.put({ type, data, ttl });
    },
    async held() {
      const own = fake.records.filter(isOwn);
      return { addresses: own.map(({ data }) => data).sort(), ttls: own.map(({ ttl }) => ttl) };
    },
    others: async () => fake.records.filter((one) => !isOwn(one)),
  };
}

async function openGandi(family: Family): Promise<NameBench> {
  const fake = new FakeGandi();
  const type = RECORD_TYPES[family];
  for (const { name, type: theirs, address } of others(family)) fake.put(theirs, [address], 300, name);
  const isOwn = (one: (typeof fake.rrsets)[number]): boolean => one.rrset_name === "gw" && one.rrset_type === type;
  return {
    ...routersAt(fake, () => createGandi({ ...settingsFor(fake, family), password: fake.secret })),
    put: async (addresses, ttl) => fake.put(type, addresses, ttl),
    async held() {
      const { rrset_values: values = [], rrset_ttl: ttl = 0 } = fake.rrsets.find(isOwn) ?? {};
      return { addresses: [...values].sort(), ttls: values.map(() => ttl) };
    },
    others: async () => fake.rrsets.filter((one) => !isOwn(one)),
  };
}

async function openHetzner(family: Family): Promise<NameBench> {
  const fake = new FakeHetzner();
  const type = RECORD_TYPES[family];
  const foreign = { value: inFamily(family, "9.0.0.7"), comment: "of another program" };
  for (const { name, type: theirs, address } of others(family)) {
    fake.put({ name, type: theirs, records: [{ value: address }] });
  }
  fake.put({ type, records: [foreign] });
  const isOwn = (one: (typeof fake.rrsets)[number]): boolean => one.name === "gw" && one.type === type;
  const own = () => fake.rrsets.find(isOwn);
  return {
    ...routersAt(fake, () =>
      createHetzner({
        ...settingsFor(fake, family),
        password: fake.secret,
        adopt: false,
        sleep: async () => {},
      }),
    ),
    async put(addresses, ttl) {
      fake.put({ type, ttl, records: [foreign, ...addresses.map((value) => ({ value, comment: OWN_COMMENT }))] });
    },
    async held() {
      const values = own()!.records.filter(({ comment }) => comment === OWN_COMMENT);
      return { addresses: values.map(({ value }) => value).sort(), ttls: values.map(() => own()!.ttl!) };
    },
    others: async () => [
      ...fake.rrsets.filter((one) => !isOwn(one)),
      own()!.records.filter(({ comment }) => comment !== OWN_COMMENT),
    ],
  };
}

async function openPowerDns(family: Family): Promise<NameBench> {
  const fake = new FakePowerDns();
  const type = RECORD_TYPES[family];
  for (const { name, type: theirs, address } of others(family))
    fake.put(`${name}.example.net.`, theirs, [address], 300);
  const zone = () => fake.of("example.net.");
  const isOwn = (one: ReturnType<typeof zone>[number]): boolean => one.name === `${hostname}.` && one.type === type;
  const settings = { ...settingsFor(fake, family), password: fake.secret, apiUrl: fake.apiUrl };
  return {
    ...routersAt(fake, () => createPowerDns(settings)),
    put: async (addresses, ttl) => fake.put(`${hostname}.`, type, addresses, ttl),
    async held() {
      const { records = [], ttl = 0 } = zone().find(isOwn) ?? {};
      return { addresses: records.map(({ content }) => content).sort(), ttls: records.map(() => ttl) };
    },
    others: async () => zone().filter((one) => !isOwn(one)),
  };
}

async function openRoute53(family: Family): Promise<NameBench> {
  const fake = new FakeRoute53();
  const type = RECORD_TYPES[family];
  for (const { name, type: theirs, address } of others(family)) {
    fake.put({ name: `${name}.example.net.`, type: theirs, values: [address] });
  }
  const isOwn = (one: (typeof fake.sets)[number]): boolean => one.name === "gw.example.net." && one.type === type;
  return {
    ...routersAt(fake, () =>
      createRoute53({ ...settingsFor(fake, family), username: fake.id, password: fake.secret, signAws }),
    ),
    put: async (values, ttl) => fake.put({ type, values, ttl }),
    async held() {
      const { values = [], ttl = 0 } = fake.sets.find(isOwn) ?? {};
      return { addresses: [...values].sort(), ttls: values.map(() => ttl) };
    },
    others: async () => fake.sets.filter((one) => !isOwn(one)),
  };
}
