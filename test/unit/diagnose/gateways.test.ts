import { describe, expect, test } from "bun:test";

import { judgeProbes, judgeReach, type Probed } from "../../../src/diagnose/gateways.ts";
import type { ProbeFailureCode } from "../../../src/probe/probe.ts";

const TARGET = { scheme: "http", port: 9999, path: "/" };

const up = (gateway: string): Probed => ({
  gateway,
  result: { kind: "success", seconds: 0.0123, detail: "status 200", status: 200 },
  isThere: true,
  answering: [],
});

const down = (code: ProbeFailureCode, changes: Partial<Probed> & { status?: number } = {}): Probed => {
  const { status, ...more } = changes;
  const detail = code === "status" ? `status ${status}` : code;
  const result = { kind: "failure", seconds: 0.002, code, detail, ...(status && { status }) } as const;
  return { gateway: "10.0.0.9", result, isThere: true, answering: [], ...more };
};

describe("probes", () => {
  test("a healthy gateway tells its latency", () => {
    expect(judgeProbes([up("10.0.0.8")], TARGET)).toEqual([
      { level: "ok", topic: "gateway 10.0.0.8", message: "healthy: status 200 after 12ms" },
    ]);
  });

  test("a failing one is an error only when no other is left", () => {
    expect(judgeProbes([up("10.0.0.8"), down("timeout")], TARGET).map(({ level }) => level)).toEqual(["ok", "warning"]);
    expect(judgeProbes([down("timeout"), down("refused")], TARGET).map(({ level }) => level)).toEqual([
      "error",
      "error",
    ]);
  });

  test.each<[string, Probed, number, RegExp, RegExp]>([
    [
      "a health server inside only",
      down("refused"),
      9999,
      /host is up, but nothing/,
      /HEALTH_SERVER_ADDRESS=0\.0\.0\.0:9999/,
    ],
    ["a control server inside only", down("refused"), 8000, /host is up/, /HTTP_CONTROL_SERVER_ADDRESS=:8000/],
    ["the wrong port", down("refused", { answering: [9999] }), 80, /but port 9999 answers/, /-port 9999/],
    [
      "Gluetun that keeps its health to itself",
      down("refused", { answering: [8000] }),
      9999,
      /but port 8000 answers/,
      /HEALTH_SERVER_ADDRESS/,
    ],
    [
      "an address without a machine",
      down("timeout", { isThere: false }),
      9999,
      /no machine answers .*ARP/,
      /is it running/,
    ],
    ["a silent machine", down("timeout"), 9999, /machine is up, but does not answer/, /firewall.*-timeout/],
    ["a silent way", down("timeout", { isThere: undefined }), 9999, /^timeout$/, /firewall/],
    ["an unhealthy gateway", down("status", { status: 500 }), 9999, /status 500/, /VPN is down/],
    ["a redirect", down("status", { status: 302 }), 9999, /status 302/, /-path/],
    ["a wrong path", down("status", { status: 404 }), 9999, /status 404/, /-path/],
    ["a path with a lock", down("status", { status: 401 }), 9999, /status 401/, /credentials/],
    ["TLS where there is none", down("tls"), 9999, /tls/, /-scheme http/],
    ["another protocol", down("malformed"), 9999, /malformed/, /does not speak http/],
    ["an abrupt end", down("reset"), 9999, /reset/, /-scheme http/],
    ["a local firewall", down("blocked"), 9999, /blocked/, /this machine's own firewall/],
    ["no route", down("unreachable"), 9999, /unreachable/, /is it running/],
    ["no more sockets", down("exhausted"), 9999, /exhausted/, /ulimit/],
    ["something else", down("other"), 9999, /other/, /log/],
  ])("%s", (_, probed, port, message, remedy) => {
    const [finding] = judgeProbes([probed], { ...TARGET, port });
    expect(finding!.message).toMatch(message);
    expect(finding!.remedy).toMatch(remedy);
  });
});

describe("nexthops", () => {
  const gateways = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
  const far = (gateway: string) => ({ gateway, why: "it is not on a directly connected network" });

  test("all of them can be used", () => {
    expect(judgeReach(gateways, [])).toMatchObject([{ level: "ok" }]);
  });

  test("those that cannot are told by reason; it is an error when none is left", () => {
    const own = { gateway: "10.0.0.3", why: "it is an address of this machine itself" };
    const some = judgeReach(gateways, [far("10.0.0.1"), own]);
    expect(some).toMatchObject([
      { level: "warning", message: "10.0.0.1 cannot be used: it is not on a directly connected network" },
      { level: "warning", message: "10.0.0.3 cannot be used: it is an address of this machine itself" },
    ]);
    expect(some[1]!.remedy).toContain("-start-ip");
    expect(judgeReach(gateways, gateways.map(far))).toMatchObject([
      {
        level: "error",
        message: "10.0.0.1, 10.0.0.2, 10.0.0.3 cannot be used: it is not on a directly connected network",
      },
    ]);
  });
});
