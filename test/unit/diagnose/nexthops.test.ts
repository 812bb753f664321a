import { describe, expect, test } from "bun:test";

import { checkNexthops } from "../../../src/diagnose/nexthops.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { Link } from "../../../src/net/link.ts";
import type { UnusableNexthop } from "../../../src/pool/nexthop-fault.ts";

describe("nexthops", () => {
  const gateways = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
  const far = (gateway: string): UnusableNexthop => ({
    gateway,
    fault: { code: "not-connected", detail: "it is not on a directly connected network" },
  });

  test("are all usable where none is unusable", () => {
    expect(checkNexthops(gateways, [], [])).toMatchObject([{ level: "ok" }]);
  });

  test("that cannot be used are listed by reason, and are an error when none is left", () => {
    const own: UnusableNexthop = {
      gateway: "10.0.0.3",
      fault: { code: "own-address", detail: "it is an address of this machine itself" },
    };
    const some = checkNexthops(gateways, [far("10.0.0.1"), own], []);
    expect(some).toMatchObject([
      { level: "warning", message: "10.0.0.1 cannot be used: it is not on a directly connected network" },
      { level: "warning", message: "10.0.0.3 cannot be used: it is an address of this machine itself" },
    ]);
    expect(some[1]!.remedy).toContain("-start-ip");
    expect(checkNexthops(gateways, gateways.map(far), [])).toMatchObject([
      {
        level: "error",
        message: "10.0.0.1, 10.0.0.2, 10.0.0.3 cannot be used: it is not on a directly connected network",
      },
    ]);
  });

  const link = (name: string, ...pairs: [address: string, network: string][]): Link => ({
    name,
    up: true,
    carrier: true,
    addresses: pairs.map(([address, network]) => ({ address, network: parseCidr(network)! })),
  });
  const remedyWith = (...links: Link[]): string =>
    checkNexthops(gateways, [far("10.0.0.1"), far("10.0.0.2")], links)[0]!.remedy!;
  const HOST = link("eth0.7", ["203.0.113.9", "203.0.113.9/32"]);
  const LO = link("lo", ["127.0.0.1", "127.0.0.0/8"], ["10.9.9.9", "10.9.9.9/32"]);
  const LAN = link("lan0", ["10.66.0.1", "10.66.0.0/24"]);

  test("that are beyond the only interface with host addresses get host routes there", () => {
    expect(remedyWith(LO, LAN, HOST)).toBe(
      "ip route add 10.0.0.1/32 dev eth0.7 scope link; ip route add 10.0.0.2/32 dev eth0.7 scope link",
    );
    const PAIR = link("o'eth", ["10.1.0.0", "10.1.0.0/31"]);
    expect(remedyWith(LAN, PAIR)).toStartWith("ip route add 10.0.0.1/32 dev 'o'\\''eth' scope link;");
  });

  test.each<[string, Link[]]>([
    ["no interface has host addresses", [LO, LAN]],
    ["several have", [HOST, link("eth1", ["203.0.114.9", "203.0.114.9/32"])]],
    ["the only one is a point-to-point link, whose other end it is", [link("ppp0", ["10.64.0.1", "10.64.0.2/32"])]],
    ["the only one is down", [{ ...HOST, up: false }]],
  ])("have a remedy without an interface where %s", (_, links) => {
    expect(remedyWith(...links)).toStartWith("give this machine an address in the gateways' network");
    expect(remedyWith(...links)).toContain("(ip route add GATEWAY/32 dev INTERFACE scope link)");
  });

  test("that are beyond an interface that is down are reached when it is up", () => {
    const off = { ...link("o'gw", ["10.0.0.200", "10.0.0.0/24"]), up: false };
    expect(remedyWith(LO, off)).toBe("ip link set 'o'\\''gw' up");
    expect(remedyWith(LO, { ...LAN, up: false })).toStartWith("give this machine an address");
  });

  test("that a route or rule rejects packets to have a remedy that names it, whatever networks there are", () => {
    const fault = { code: "blocked", detail: "a route or rule of this machine rejects packets to it" } as const;
    const unusable = ["10.0.0.2", "10.0.0.3"].map((gateway) => ({ gateway, fault }));
    expect(checkNexthops(gateways, unusable, [HOST])).toEqual([
      {
        level: "warning",
        topic: "nexthops",
        message: "10.0.0.2, 10.0.0.3 cannot be used: a route or rule of this machine rejects packets to it",
        remedy:
          "delete the prohibit, blackhole or unreachable route or rule that rejects them: gateway-route-manager explain 10.0.0.2, with the same flags, names it",
      },
    ]);
  });

  const leave = (code: "not-unicast" | "own-address", ...faulty: string[]): string => {
    const unusable = faulty.map((gateway) => ({ gateway, fault: { code, detail: "it is wrong" } }));
    return checkNexthops(gateways, unusable, [HOST])[0]!.remedy!;
  };
  const ELSEWHERE = "; or give this machine an address outside of the range instead";

  test.each<["not-unicast" | "own-address", string[], string]>([
    ["not-unicast", ["10.0.0.3"], ": -start-ip 10.0.0.1 -end-ip 10.0.0.2"],
    ["not-unicast", ["10.0.0.1", "10.0.0.3"], ": -start-ip 10.0.0.2 -end-ip 10.0.0.2"],
    ["own-address", ["10.0.0.1"], `: -start-ip 10.0.0.2 -end-ip 10.0.0.3${ELSEWHERE}`],
    ["own-address", ["10.0.0.1", "10.0.0.2", "10.0.0.3"], ""],
    [
      "own-address",
      ["10.0.0.2"],
      `: -start-ip 10.0.0.1 -end-ip 10.0.0.1, or -start-ip 10.0.0.3 -end-ip 10.0.0.3${ELSEWHERE}`,
    ],
  ])("that are unusable as %s (%p) are to be left out by flags that do so", (code, faulty, flags) => {
    expect(leave(code, ...faulty)).toBe(`leave ${faulty.join(", ")} out of -start-ip and -end-ip${flags}`);
  });

  test("that no route can help are in none of the ranges of another reason, unlike those that a route can", () => {
    const range = ["10.0.0.252", "10.0.0.253", "10.0.0.254", "10.0.0.255"];
    const own = { gateway: "10.0.0.253", fault: { code: "own-address", detail: "it is own" } } as const;
    const broadcast = { gateway: "10.0.0.255", fault: { code: "not-unicast", detail: "it is broadcast" } } as const;
    const remedies = checkNexthops(range, [own, broadcast, far("10.0.0.252")], [HOST]).map(({ remedy }) => remedy);
    const parts = "-start-ip 10.0.0.252 -end-ip 10.0.0.252, or -start-ip 10.0.0.254 -end-ip 10.0.0.254";
    expect(remedies.slice(0, 2)).toEqual([
      `leave 10.0.0.253 out of -start-ip and -end-ip: ${parts}${ELSEWHERE}`,
      `leave 10.0.0.255 out of -start-ip and -end-ip: ${parts}`,
    ]);
  });
});
