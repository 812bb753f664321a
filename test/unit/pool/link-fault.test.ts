import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import type { Link } from "../../../src/net/link.ts";
import { addressesTowards, linkFault } from "../../../src/pool/link-fault.ts";

const GATEWAYS = ["10.0.0.11", "10.0.0.12"];
const at = (address: string, network: string) => ({ address, network: parseCidr(network)! });

const link = (change: Partial<Link> = {}): Link => ({
  name: "eth0",
  up: true,
  carrier: true,
  addresses: [at("10.0.0.1", "10.0.0.0/24"), at("192.168.1.1", "192.168.1.0/24")],
  ...change,
});

test("the addresses towards gateways are those in whose networks they are", () => {
  expect(addressesTowards(link(), GATEWAYS)).toEqual(["10.0.0.1"]);
  expect(addressesTowards(link(), ["10.0.1.1"])).toEqual([]);
});

describe("the fault of a link", () => {
  const sound = { device: "eth0", addresses: ["10.0.0.1"] };
  const others = [at("192.168.1.1", "192.168.1.0/24")];

  test.each<[string, readonly Link[], string | undefined]>([
    ["none", [link({ name: "eth1", up: false }), link()], undefined],
    ["it is turned off", [link({ up: false, carrier: false })], "is down"],
    ["the cable is out", [link({ carrier: false })], "has no carrier"],
    ["the address is lost", [link({ addresses: others })], "has lost its address 10.0.0.1"],
    ["another address is there", [link({ addresses: [at("10.0.0.2", "10.0.0.0/24")] })], undefined],
    ["no address is left, or no link", [], "has lost its address 10.0.0.1, or is gone"],
  ])("%s", (_, links, expected) => {
    expect(linkFault(sound, links, GATEWAYS)?.detail).toBe(expected);
  });

  test("is not a missing address where it never had one", () => {
    const bare = { device: "tun0", addresses: [] };
    expect(linkFault(bare, [link()], GATEWAYS)).toBeUndefined();
    expect(linkFault(bare, [link({ name: "tun0", addresses: [] })], GATEWAYS)).toBeUndefined();
  });
});
