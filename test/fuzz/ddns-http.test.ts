import { expect } from "bun:test";

import fc from "fast-check";

import { createDigitalOcean } from "../../src/ddns/providers/digitalocean.ts";
import { createGandi } from "../../src/ddns/providers/gandi.ts";
import { createHetzner } from "../../src/ddns/providers/hetzner/hetzner.ts";
import { createPowerDns } from "../../src/ddns/providers/powerdns/powerdns.ts";
import {
  ProviderError,
  type ProviderSettings,
  type RecordProvider,
  type SetProvider,
} from "../../src/ddns/providers/provider.ts";
import { createRoute53 } from "../../src/ddns/providers/route53/route53.ts";
import { FAMILIES, type Family, parseAddress } from "../../src/net/address.ts";
import {
  DIGITALOCEAN,
  type DocumentedAnswer,
  GANDI,
  HETZNER,
  POWERDNS,
  ROUTE53,
} from "../fixtures/provider-answers.ts";
import { anyText, mutated } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

const KEY = "S3cr3t-token-4711";
const LINE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u; // also nothing that turns text around, or has no width

/** The most requests that one call may make: a loop would be endless. */
const MOST_REQUESTS = 60;

type Input = [answers: [status: number, body: string][], family: Family, writes: boolean];

/** Answers like the documented ones, and any others; some echo the key. */
function odd(documented: readonly DocumentedAnswer[]): fc.Arbitrary<Input> {
  const texts = documented.map(({ body }) => body ?? "").flatMap((body) => [body, body.replace("example.net", KEY)]);
  const body = fc.oneof(fc.constantFrom(...texts), mutated(fc.constantFrom(...texts)), anyText);
  const status = fc.constantFrom(200, 200, 200, 201, 204, 400, 401, 403, 404, 409, 422, 423, 429, 500);
  const answers = fc.array(fc.tuple(status, body), { minLength: 1, maxLength: 8 });
  return fc.tuple(answers, fc.constantFrom(...FAMILIES), fc.boolean());
}

/** Whether a provider does what it says, or fails with an error of its own that shows no key, within a few requests. */
async function holds(
  [answers, family, writes]: Input,
  create: (settings: ProviderSettings) => SetProvider | RecordProvider,
  base: string,
): Promise<void> {
  let turn = 0;
  const send = async (url: string): Promise<Response> => {
    expect(url).toStartWith(base);
    expect(new URL(url).href).toBe(url); // nothing of an answer leads elsewhere
    const [status, body] = answers[turn++ % answers.length]!;
    return new Response(status === 204 ? null : body, { status });
  };
  const provider = create({ hostname: "gw.example.net", family, username: "id", password: KEY, timeout: 1000, send });
  const { signal } = new AbortController();
  const content = { address: family === 4 ? "1.2.3.4" : "2606:4700::a", ttl: 600 };
  try {
    const addresses =
      provider.kind === "set"
        ? (await provider.read(signal)).addresses
        : (await provider.list(signal)).map(({ address }) => address);
    for (const address of addresses) expect(parseAddress(address, [family])).toBeDefined();
    if (writes && provider.kind === "set")
      await provider.replace({ addresses: [content.address], ttl: 600 }, addresses, signal);
    if (writes && provider.kind === "records") await provider.remove(await provider.add(content, signal), signal);
  } catch (error) {
    expect(error).toBeInstanceOf(ProviderError);
    expect((error as ProviderError).message).toMatch(LINE);
    expect((error as ProviderError).message).not.toContain(KEY);
  }
  expect(turn).toBeLessThan(MOST_REQUESTS);
}

fuzz(
  "dns: a Hetzner whose every answer is odd does what it says or fails with a provider's error",
  odd(HETZNER),
  (input) => {
    const more = { adopt: true, sleep: async () => {} };
    return holds(input, (settings) => createHetzner({ ...settings, ...more }), "https://api.hetzner.cloud/v1/zones/");
  },
  { runs: 1000 },
);

fuzz(
  "dns: a Gandi whose every answer is odd does what it says or fails with a provider's error",
  odd(GANDI),
  (input) => holds(input, createGandi, "https://api.gandi.net/v5/livedns/domains/"),
  { runs: 1000 },
);

fuzz(
  "dns: a DigitalOcean whose every answer is odd does what it says or fails with a provider's error",
  odd(DIGITALOCEAN),
  (input) => holds(input, createDigitalOcean, "https://api.digitalocean.com/v2/domains/"),
  { runs: 1000 },
);

fuzz(
  "dns: a PowerDNS whose every answer is odd does what it says or fails with a provider's error",
  odd(POWERDNS),
  (input) => {
    const apiUrl = "http://192.0.2.53:8081";
    const base = `${apiUrl}/api/v1/servers/localhost/zones`;
    return holds(input, (settings) => createPowerDns({ ...settings, apiUrl }), base);
  },
  { runs: 1000 },
);

fuzz(
  "dns: a Route 53 whose every answer is odd does what it says or fails with a provider's error",
  odd(ROUTE53),
  (input) => {
    const signAws = async () => ({ authorization: "signed" });
    return holds(
      input,
      (settings) => createRoute53({ ...settings, signAws }),
      "https://route53.amazonaws.com/2013-04-01/",
    );
  },
  { runs: 1000 },
);
