import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { fateOf, fateText } from "../../../src/diagnose/classify.ts";
import { type Cidr, contains, hostOf, networkOf, parseCidr } from "../../../src/net/cidr.ts";
import { formatAddress } from "../../../src/net/address.ts";
import { RESERVED_CIDRS } from "../../../src/net/reserved.ts";
import { type Destinations, desiredState } from "../../../src/routing/desired.ts";
import { PLACE } from "./kernel-facts.fixture.ts";

const cidrs = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text)!);

const DEFAULTS: Destinations = {
  managed: cidrs("0.0.0.0/0"),
  excluded: [],
  reserved: RESERVED_CIDRS,
  gateways: cidrs("10.77.0.11/32"),
};
const CONNECTED = cidrs("10.77.0.0/24");

const tell = (address: string, changes: Partial<Destinations> = {}): string => {
  const destinations = { ...DEFAULTS, ...changes };
  return fateText(fateOf(address, destinations, CONNECTED), destinations).why;
};

describe("what the options say of an address", () => {
  test.each<[string, string, Partial<Destinations>, string]>([
    ["managed", "8.8.8.8", {}, "-route 0.0.0.0/0 covers it"],
    [
      "the longest -route is named",
      "8.8.8.8",
      { managed: cidrs("0.0.0.0/0", "8.0.0.0/8") },
      "-route 8.0.0.0/8 covers it",
    ],
    ["excluded", "8.8.8.8", { excluded: cidrs("8.8.0.0/16") }, "-exclude-cidr 8.8.0.0/16 keeps it out"],
    [
      "reserved",
      "192.168.4.4",
      {},
      "it lies in the reserved range 192.168.0.0/16, which -exclude-reserved-cidrs keeps out",
    ],
    ["connected", "10.77.0.200", {}, "10.77.0.0/24 is a network of this machine, which is always kept out"],
    ["a gateway", "10.77.0.11", {}, "it lies between -start-ip and -end-ip: the gateways themselves are kept out"],
    [
      "not covered",
      "8.8.8.8",
      { managed: cidrs("9.0.0.0/8", "7.0.0.0/8") },
      "no -route covers it (9.0.0.0/8, 7.0.0.0/8)",
    ],
    [
      "a -route in a reserved range was meant",
      "10.1.1.1",
      { managed: cidrs("10.0.0.0/8") },
      "-route 10.0.0.0/8 covers it",
    ],
    [
      "an exclusion of the same size wins",
      "9.1.1.1",
      { managed: cidrs("9.0.0.0/8", "0.0.0.0/0"), excluded: cidrs("9.0.0.0/8") },
      "-exclude-cidr 9.0.0.0/8 keeps it out",
    ],
    [
      "a -route inside an exclusion is left out",
      "9.1.1.1",
      { managed: cidrs("9.1.0.0/16"), excluded: cidrs("9.0.0.0/8") },
      "-exclude-cidr 9.0.0.0/8 keeps it out",
    ],
  ])("%s", (_, address, changes, why) => {
    expect(tell(address, changes)).toBe(why);
  });

  const network = fc
    .tuple(fc.constantFrom(0x08080808, 0x0a4d000b, 0xc0a80101, 0x09090909), fc.constantFrom(0, 4, 7, 8, 16, 24, 30, 32))
    .map(([bits, prefix]) => networkOf({ family: 4, bits }, prefix));
  const list = fc.array(network, { maxLength: 3 });

  test("is what the routes of the service make of it", () => {
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
          const { routes } = desiredState(destinations, connected, [{ gateway: "10.0.0.1", weight: 1 }], PLACE);
          const host = hostOf(address);
          const longest = routes
            .filter(({ destination }) => contains(destination, host))
            .sort((a, b) => b.destination.prefix - a.destination.prefix)[0];
          const { kind } = fateOf(formatAddress(address), destinations, connected);
          expect(kind === "managed").toBe(longest?.type === "unicast");
        },
      ),
      { numRuns: 2000 },
    );
  });
});
