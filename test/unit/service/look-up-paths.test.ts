import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { type Config, probeTablesOf } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { parseAddress } from "../../../src/net/address.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { lookUpPath } from "../../../src/service/look-up-paths.ts";

function configOf(flags: string): Config {
  const line = `-start-ip 10.0.0.1 -end-ip 10.0.0.2 -public-ip-required ${flags}`;
  const { values } = parseArguments(line.split(" "));
  const parsed = parseConfig(values, { environment: {}, readFile: () => undefined });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

const CONNECTED = [parseCidr("5.5.0.0/16")!];

/** The mark of a look-up through the second gateway. */
function markTo(address: string, flags: string): number | undefined {
  return lookUpPath(configOf(flags), () => CONNECTED)?.("10.0.0.2", parseAddress(address)!).mark;
}

const MARK = 0xad000002;
const NAMED = "-public-ip-service-hostname ip.example.com";

describe("a look-up at a service with a host name", () => {
  test.each([
    ["an address that is routed through the gateways", "8.8.8.8", "", MARK],
    ["a reserved address", "192.168.5.6", "", 0],
    ["a reserved address that is routed", "192.168.5.6", "-route 192.168.5.0/24", MARK],
    ["a reserved address that is not excluded", "192.168.5.6", "-exclude-reserved-cidrs=false", MARK],
    ["an excluded address", "8.8.8.8", "-exclude-cidr 8.8.0.0/16", 0],
    ["an address that no -route covers", "8.8.8.8", "-route 9.0.0.0/8", 0],
    ["a gateway", "10.0.0.2", "-exclude-reserved-cidrs=false", 0],
    ["an address in a network of this machine", "5.5.5.5", "", 0],
  ])("has the mark of its gateway, or none: %s", (_, address, flags, mark) => {
    expect(markTo(address, `${NAMED} ${flags}`.trim())).toBe(mark);
  });
});

test.each([
  ["8.8.8.8", "", true],
  ["192.168.5.6", "", false],
  ["8.8.8.8", "-exclude-cidr 8.8.0.0/16", false],
  ["8.8.8.8", "-route 9.0.0.0/8", false],
])("look-ups at %s with %p need rules and marks: %p", (address, flags, needed) => {
  const config = configOf(`-public-ip-service-hostname ${address} ${flags}`.trim());
  expect(lookUpPath(config) !== undefined).toBe(needed);
  expect(probeTablesOf(config) !== undefined).toBe(needed);
});

test("a service that is not asked through the gateways leaves their preferences to others", () => {
  expect(() => configOf("-public-ip-service-hostname 192.168.5.6 -first-rule-preference 50")).not.toThrow();
  expect(() => configOf(`${NAMED} -first-rule-preference 50`)).toThrow("-probe-rule-preference");
});

test("a look-up of IPv6 goes through its gateway by the mark that its place gives it, or takes the usual routes", () => {
  const flags = `${NAMED} -gateway 10.0.0.2+fd00::2 -route default,default6`;
  const path = (gateway: string, address: string) =>
    lookUpPath(configOf(flags), () => [parseCidr("2600:5::/32", [6])!])!(gateway, parseAddress(address, [4, 6])!);
  expect(path("fd00::2", "2600::1")).toEqual({ family: 6, mark: MARK });
  expect(path("10.0.0.2", "8.8.8.8")).toEqual({ family: 4, mark: MARK });
  expect(path("fd00::2", "2600:5::1")).toEqual({ family: 6, mark: 0 });
});
