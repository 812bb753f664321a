import { describe, expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import { createDigitalOcean } from "../../src/ddns/providers/digitalocean.ts";
import { createGandi } from "../../src/ddns/providers/gandi.ts";
import { createHetzner } from "../../src/ddns/providers/hetzner/hetzner.ts";
import { createPowerDns } from "../../src/ddns/providers/powerdns/powerdns.ts";
import type { ProviderSettings, RecordProvider, SetProvider } from "../../src/ddns/providers/provider.ts";
import { createRoute53 } from "../../src/ddns/providers/route53/route53.ts";
import { signAws } from "../../src/ddns/sign-aws.ts";
import { FakeDigitalOcean } from "../fakes/digitalocean.ts";
import { FakeGandi } from "../fakes/gandi.ts";
import { FakeHetzner } from "../fakes/hetzner.ts";
import type { FakeHttpApi } from "../fakes/http-api.ts";
import { FakePowerDns } from "../fakes/powerdns.ts";
import { FakeRoute53 } from "../fakes/route53.ts";
import {
  DIGITALOCEAN,
  type DocumentedAnswer,
  GANDI,
  HETZNER,
  POWERDNS,
  ROUTE53,
} from "../fixtures/provider-answers.ts";
import { failureOf, patient } from "./ddns-provider.fixture.ts";

interface Row {
  readonly answers: readonly DocumentedAnswer[];
  readonly base: string;
  readonly fake: () => FakeHttpApi & { readonly key: Pick<ProviderSettings, "username" | "password"> };
  readonly create: (settings: ProviderSettings) => SetProvider | RecordProvider;
  /** What the provider reads from the documented answers. */
  readonly reads: { readonly address: string; readonly ttl: number };
}

const sleep = async (): Promise<void> => {};

const withKey = <T extends FakeHttpApi>(fake: T, key: Pick<ProviderSettings, "username" | "password">) =>
  Object.assign(fake, { key });

const token = <T extends FakeHttpApi & { readonly secret: string }>(fake: T) =>
  withKey(fake, { password: fake.secret });

const ROWS: readonly (readonly [string, Row])[] = [
  [
    "Hetzner",
    {
      ...{ answers: HETZNER, base: "/v1", fake: () => token(new FakeHetzner()) },
      create: (settings) => createHetzner({ ...settings, adopt: true, sleep }),
      reads: { address: "198.51.100.1", ttl: 3600 },
    },
  ],
  [
    "Gandi",
    {
      ...{ answers: GANDI, base: "/v5/livedns", fake: () => token(new FakeGandi()), create: createGandi },
      reads: { address: "198.51.100.144", ttl: 300 },
    },
  ],
  [
    "DigitalOcean",
    {
      ...{ answers: DIGITALOCEAN, base: "/v2", fake: () => token(new FakeDigitalOcean()), create: createDigitalOcean },
      reads: { address: "162.10.66.0", ttl: 1800 },
    },
  ],
  [
    "PowerDNS",
    {
      ...{ answers: POWERDNS, base: "/api/v1/servers/localhost/zones", fake: () => token(new FakePowerDns()) },
      create: (settings) => createPowerDns({ ...settings, apiUrl: "http://192.0.2.53:8081" }),
      reads: { address: "198.51.100.7", ttl: 60 },
    },
  ],
  [
    "Route 53",
    {
      ...{ answers: ROUTE53, base: "/2013-04-01" },
      fake() {
        const fake = new FakeRoute53();
        return withKey(fake, { username: fake.id, password: fake.secret });
      },
      create: (settings) => createRoute53({ ...settings, signAws }),
      reads: { address: "198.51.100.235", ttl: 300 },
    },
  ],
];

const NAME = { hostname: "gw.example.net", timeout: 60_000 };

describe.each(ROWS)("%s", (_, { answers, base, fake: openFake, create, reads }) => {
  const documented = (method: string, path: string, status: number): DocumentedAnswer[] =>
    answers.filter((one) => one.method === method && one.status === status && one.path.test(path));

  test("documented answers are read", async () => {
    const send = createSend((async (input: string, { method = "GET" }: RequestInit) => {
      const path = new URL(input).pathname.slice(base.length);
      const isOther = path.endsWith("/gw.example.net"); // no zone of the account
      const [found] = isOther
        ? documented(method, path, 404)
        : answers.filter((one) => one.method === method && one.path.test(path));
      return new Response(found?.body ?? null, { status: found?.status ?? 500 });
    }) as never);
    const provider = create({ ...NAME, username: "id", password: "key", send });
    const [first] =
      provider.kind === "set"
        ? await provider.read(patient).then(({ addresses, ttl }) => addresses.map((address) => ({ address, ttl })))
        : await provider.list(patient);
    expect(first).toMatchObject(reads);
  });

  test("the answers of the fake have the fields that are documented, and no others", async () => {
    const fake = openFake();
    const provider = create({ ...NAME, ...fake.key, send: createSend(fake.fetch) });
    await exercise(provider);
    const seen = new Set<DocumentedAnswer>();
    for (const { method, path, status, answer } of fake.calls) {
      const [found] = documented(method, path.slice(base.length).replace(/\?.*/, ""), status);
      expect(`${method} ${path} ${status} ${found ? "is documented" : "is not"}`).toEndWith("is documented");
      seen.add(found!);
      const fields = fieldsOf(found!.body ?? "");
      expect(fieldsOf(answer).filter((field) => !fields.includes(field))).toEqual([]);
    }
    const writes = answers.filter(({ status, method }) => status < 400 && method !== "GET");
    expect(writes.filter((one) => !seen.has(one))).toEqual([]);
  });
});

/** Makes every kind of request, and one that is declined. */
async function exercise(provider: SetProvider | RecordProvider): Promise<void> {
  const [first, second] = ["8.0.0.8", "8.0.0.9"];
  if (provider.kind === "set") {
    await provider.read(patient);
    await provider.replace({ addresses: [first], ttl: 600 }, [], patient);
    await provider.replace({ addresses: [first, second], ttl: 900 }, [first], patient);
    await provider.read(patient);
    await failureOf(provider.replace({ addresses: ["no address"], ttl: 900 }, [first, second], patient));
    await provider.replace({ addresses: [], ttl: 900 }, [first, second], patient);
  } else {
    const added = await provider.add({ address: first, ttl: 600 }, patient);
    await provider.change(added, { address: second, ttl: 900 }, patient);
    await provider.list(patient);
    await failureOf(provider.add({ address: "no address", ttl: 900 }, patient));
    await provider.remove(added, patient);
  }
}

/** The fields of a JSON text by their paths, or the elements of an XML text. */
function fieldsOf(text: string): string[] {
  if (text.startsWith("<")) return [...text.matchAll(/<(\w+)/g)].map(([, name]) => name!);
  const found: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const one of value) visit(one, `${path}[]`);
    else if (typeof value === "object" && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        found.push(`${path}.${name}`);
        visit(inner, `${path}.${name}`);
      }
    }
  };
  if (text !== "") visit(JSON.parse(text), "");
  return found;
}
