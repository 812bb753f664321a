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

test("the addresses of a link towards gateways are those whose networks contain a gateway", () => {
  expect(addressesTowards(link(), GATEWAYS)).toEqual(["10.0.0.1"]);
  expect(addressesTowards(link(), ["10.0.1.1"])).toEqual([]);
});

describe("the fault of a link", () => {
  const sound = { device: "eth0", addresses: ["10.0.0.1"] };
  const others = [at("192.168.1.1", "192.168.1.0/24")];

  test.each<[string, readonly Link[], string | undefined]>([
    ["is none for a sound link", [link({ name: "eth1", up: false }), link()], undefined],
    ["is shown when the link is down", [link({ up: false, carrier: false })], "is down"],
    ["is shown when the link has no carrier", [link({ carrier: false })], "has no carrier"],
    ["is shown when the link has lost its address", [link({ addresses: others })], "has lost its address 10.0.0.1"],
    [
      "is none when the link has another address in the network of the gateways",
      [link({ addresses: [at("10.0.0.2", "10.0.0.0/24")] })],
      undefined,
    ],
    ["is shown when the link is not listed any more", [], "has lost its address 10.0.0.1, or is gone"],
  ])("%s", (_, links, expected) => {
    expect(linkFault(sound, links, GATEWAYS)?.detail).toBe(expected);
  });

  test("is none for a link that never had an address", () => {
    const bare = { device: "tun0", addresses: [] };
    expect(linkFault(bare, [link()], GATEWAYS)).toBeUndefined();
    expect(linkFault(bare, [link({ name: "tun0", addresses: [] })], GATEWAYS)).toBeUndefined();
  });
});
