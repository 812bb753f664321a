import { describe, expect, test } from "bun:test";

import { checkNexthops, checkProbes, type ProbedGateway } from "../../../src/diagnose/gateways.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { Link } from "../../../src/net/link.ts";
import type { UnusableNexthop } from "../../../src/pool/nexthop-fault.ts";
import type { ProbeFailureCode } from "../../../src/probe/probe.ts";

const TARGET = { scheme: "http", port: 9999, path: "/" };

const up = (gateway: string): ProbedGateway => ({
  gateway,
  result: { kind: "success", seconds: 0.0123, detail: "status 200", status: 200 },
  answersArp: true,
  otherPorts: [],
});

const down = (code: ProbeFailureCode, changes: Partial<ProbedGateway> & { status?: number } = {}): ProbedGateway => {
  const { status, ...more } = changes;
  const detail = code === "status" ? `status ${status}` : code;
  const result = { kind: "failure", seconds: 0.002, code, detail, ...(status && { status }) } as const;
  return { gateway: "10.0.0.9", result, answersArp: true, otherPorts: [], ...more };
};

describe("probes", () => {
  test("a healthy gateway is reported with its latency", () => {
    expect(checkProbes([up("10.0.0.8")], TARGET)).toEqual([
      { level: "ok", topic: "gateway 10.0.0.8", message: "healthy: status 200 after 12ms" },
    ]);
  });

  test("a failing gateway is an error only when every other one fails as well", () => {
    expect(checkProbes([up("10.0.0.8"), down("timeout")], TARGET).map(({ level }) => level)).toEqual(["ok", "warning"]);
    expect(checkProbes([down("timeout"), down("refused")], TARGET).map(({ level }) => level)).toEqual([
      "error",
      "error",
    ]);
  });

  test.each<[string, ProbedGateway, number, RegExp, RegExp]>([
    [
      "a health server at 127.0.0.1 only",
      down("refused"),
      9999,
      /host is up, but nothing/,
      /HEALTH_SERVER_ADDRESS=0\.0\.0\.0:9999/,
    ],
    ["a control server at 127.0.0.1 only", down("refused"), 8000, /host is up/, /HTTP_CONTROL_SERVER_ADDRESS=:8000/],
    ["the wrong port", down("refused", { otherPorts: [9999] }), 80, /but port 9999 answers/, /-port 9999/],
    [
      "a Gluetun whose health server is at 127.0.0.1 only",
      down("refused", { otherPorts: [8000] }),
      9999,
      /but port 8000 answers/,
      /HEALTH_SERVER_ADDRESS/,
    ],
    [
      "an address without a machine",
      down("timeout", { answersArp: false }),
      9999,
      /no machine answers .*ARP/,
      /check that the gateway is running/,
    ],
    [
      "a machine that does not answer",
      down("timeout"),
      9999,
      /machine is up, but does not answer/,
      /firewall.*-timeout/,
    ],
    ["an address behind a router", down("timeout", { answersArp: undefined }), 9999, /^timeout$/, /firewall/],
    ["an unhealthy gateway", down("status", { status: 500 }), 9999, /status 500/, /VPN is down/],
    ["a redirect", down("status", { status: 302 }), 9999, /status 302/, /-path/],
    ["a wrong path", down("status", { status: 404 }), 9999, /status 404/, /-path/],
    ["a path that needs credentials", down("status", { status: 401 }), 9999, /status 401/, /credentials/],
    ["TLS where there is none", down("tls"), 9999, /tls/, /-scheme http/],
    ["another protocol", down("malformed"), 9999, /malformed/, /does not speak http/],
    ["a reset connection", down("reset"), 9999, /reset/, /-scheme http/],
    ["a local firewall", down("blocked"), 9999, /blocked/, /this machine's own firewall/],
    ["no route", down("unreachable"), 9999, /unreachable/, /check that the gateway is running/],
    ["no sockets left", down("exhausted"), 9999, /exhausted/, /ulimit/],
    ["another failure", down("other"), 9999, /other/, /log/],
  ])("a failure by %s has a message and a remedy", (_, probed, port, message, remedy) => {
    const [finding] = checkProbes([probed], { ...TARGET, port });
    expect(finding!.message).toMatch(message);
    expect(finding!.remedy).toMatch(remedy);
  });
});

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

  test("that are beyond the only interface with host addresses become neighbours by a route there", () => {
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

  test("that no host can have, or that are this machine itself, are to be left out of the range", () => {
    const broadcast = { code: "not-unicast", detail: "it is a broadcast address" } as const;
    const faulty = ["10.0.0.1", "10.0.0.3"].map((gateway) => ({ gateway, fault: broadcast }));
    expect(checkNexthops(gateways, faulty, [HOST])[0]!.remedy).toBe(
      "leave 10.0.0.1, 10.0.0.3 out of -start-ip and -end-ip",
    );
  });
});
