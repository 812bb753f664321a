import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { classificationText } from "../../../src/diagnose/classification-text.ts";
import { type Cidr, contains, hostOf, networkOf, parseCidr } from "../../../src/net/cidr.ts";
import { formatAddress } from "../../../src/net/address.ts";
import { RESERVED_CIDRS } from "../../../src/net/reserved.ts";
import { classify } from "../../../src/routing/classify.ts";
import { type Destinations, desiredState } from "../../../src/routing/desired.ts";
import { TABLE_REF } from "./kernel-facts.fixture.ts";

const cidrs = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text)!);

const DEFAULTS: Destinations = {
  managed: cidrs("0.0.0.0/0"),
  excluded: [],
  reserved: RESERVED_CIDRS,
  gateways: cidrs("10.77.0.11/32"),
};
const CONNECTED = cidrs("10.77.0.0/24");

const reasonFor = (address: string, changes: Partial<Destinations> = {}): string => {
  const destinations = { ...DEFAULTS, ...changes };
  return classificationText(classify(address, destinations, CONNECTED), destinations).why;
};

describe("the classification of an address", () => {
  test.each<[string, string, Partial<Destinations>, string]>([
    ["names the -route of a managed one", "8.8.8.8", {}, "-route 0.0.0.0/0 covers it"],
    ["names the longest -route", "8.8.8.8", { managed: cidrs("0.0.0.0/0", "8.0.0.0/8") }, "-route 8.0.0.0/8 covers it"],
    ["names the exclusion", "8.8.8.8", { excluded: cidrs("8.8.0.0/16") }, "-exclude-cidr 8.8.0.0/16 excludes it"],
    [
      "names the reserved range",
      "192.168.4.4",
      {},
      "-exclude-reserved-cidrs excludes the reserved range 192.168.0.0/16",
    ],
    [
      "names the connected network",
      "10.77.0.200",
      {},
      "10.77.0.0/24 is a network of this machine, which is always excluded",
    ],
    [
      "names the range of a gateway",
      "10.77.0.11",
      {},
      "the gateways themselves are always excluded (-start-ip to -end-ip)",
    ],
    [
      "names every -route when none covers the address",
      "8.8.8.8",
      { managed: cidrs("9.0.0.0/8", "7.0.0.0/8") },
      "no -route covers it (9.0.0.0/8, 7.0.0.0/8)",
    ],
    [
      "is managed by a -route inside a reserved range",
      "10.1.1.1",
      { managed: cidrs("10.0.0.0/8") },
      "-route 10.0.0.0/8 covers it",
    ],
    [
      "is excluded by an exclusion as long as the -route",
      "9.1.1.1",
      { managed: cidrs("9.0.0.0/8", "0.0.0.0/0"), excluded: cidrs("9.0.0.0/8") },
      "-exclude-cidr 9.0.0.0/8 excludes it",
    ],
    [
      "is excluded by an exclusion around the -route",
      "9.1.1.1",
      { managed: cidrs("9.1.0.0/16"), excluded: cidrs("9.0.0.0/8") },
      "-exclude-cidr 9.0.0.0/8 excludes it",
    ],
  ])("%s", (_, address, changes, why) => {
    expect(reasonFor(address, changes)).toBe(why);
  });

  const network = fc
    .tuple(fc.constantFrom(0x08080808, 0x0a4d000b, 0xc0a80101, 0x09090909), fc.constantFrom(0, 4, 7, 8, 16, 24, 30, 32))
    .map(([bits, prefix]) => networkOf({ family: 4, bits }, prefix));
  const list = fc.array(network, { maxLength: 3 });

  test("agrees with the routes of the service for any options", () => {
    fc.assert(
      fc.property(
        fc.record({
          managed: fc.array(network, { minLength: 1, maxLength: 3 }),
          excluded: list,
          reserved: list,
          gateways: list,
        }),
        list,
        network,
        (destinations, connected, { address }) => {
          const { routes } = desiredState(destinations, connected, [{ gateway: "10.0.0.1", weight: 1 }], TABLE_REF);
          const host = hostOf(address);
          const longest = routes
            .filter(({ destination }) => contains(destination, host))
            .sort((a, b) => b.destination.prefix - a.destination.prefix)[0];
          const { kind } = classify(formatAddress(address), destinations, connected);
          expect(kind === "managed").toBe(longest?.type === "unicast");
        },
      ),
      { numRuns: 2000 },
    );
  });
});
