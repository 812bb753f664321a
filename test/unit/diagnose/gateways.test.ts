import { describe, expect, test } from "bun:test";

import { checkProbes, type ProbedGateway } from "../../../src/diagnose/gateways.ts";
import type { Redirect } from "../../../src/fetch/redirect.ts";
import type { ProbeFailureCode } from "../../../src/probe/probe.ts";

const TARGET = { scheme: "http", port: 9999, path: "/" };

const up = (gateway: string): ProbedGateway => ({
  gateway,
  result: { kind: "success", seconds: 0.0123, detail: "status 200", status: 200 },
  answersArp: true,
  otherPorts: [],
});

const down = (
  code: ProbeFailureCode,
  changes: Partial<ProbedGateway> & { status?: number; redirect?: Redirect } = {},
): ProbedGateway => {
  const { status, redirect, ...more } = changes;
  const detail = code === "status" ? `status ${status}` : code;
  const result = {
    kind: "failure",
    seconds: 0.002,
    code,
    detail,
    ...(status && { status }),
    ...(redirect && { redirect }),
  } as const;
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
    expect(checkProbes([down("timeout")], TARGET, undefined, true)[0]!.level).toBe("warning"); // up by a prober beyond it
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
    [
      "a health server at 127.0.0.1 only, at a port of the user's choice",
      down("refused"),
      9998,
      /host is up/,
      /HEALTH_SERVER_ADDRESS=0\.0\.0\.0:9998,/,
    ],
    [
      "a redirect",
      down("status", { status: 302 }),
      80,
      /status 302/,
      /set -scheme, -port and -path to their target \(now http, 80 and \/\)$/,
    ],
    [
      "a redirect whose target is known",
      down("status", { status: 302, redirect: { status: 302, target: "/login", origin: undefined, change: "path" } }),
      80,
      /^status 302 to \/login after/,
      /^redirects are not followed: set -scheme, -port and -path to their target/,
    ],
    [
      "a redirect to another host",
      down("status", {
        status: 302,
        redirect: { status: 302, target: "http://a/", origin: "http://a", change: "host" },
      }),
      80,
      /^status 302 to http:\/\/a\/ after/,
      /another host, .*set -path to one that the gateway answers itself$/,
    ],
    ["a request for https", down("status", { status: 400 }), 443, /status 400/, /check -scheme http, -port 443/],
    ["a wrong path", down("status", { status: 404 }), 9999, /status 404/, /-path/],
    ["a path that needs credentials", down("status", { status: 401 }), 9999, /status 401/, /credentials/],
    ["a failed handshake of TLS", down("tls"), 9999, /tls/, /its certificate .*clock.*-scheme http$/],
    ["another protocol", down("malformed"), 9999, /malformed/, /does not speak http/],
    ["a reset connection", down("reset"), 9999, /reset/, /-scheme http/],
    ["a local firewall", down("blocked"), 9999, /blocked/, /this machine's own firewall.*ip route get 10\.0\.0\.9/],
    [
      "a local firewall, where nothing answered ARP before",
      down("blocked", { answersArp: false }),
      9999,
      /blocked after 2ms$/,
      /this machine's own firewall/,
    ],
    ["no route", down("unreachable"), 9999, /unreachable/, /ip route get 10\.0\.0\.9/],
    ["no sockets left", down("exhausted"), 9999, /exhausted/, /ulimit/],
  ])("a failure by %s has a message and a remedy", (_, probed, port, message, remedy) => {
    const [finding] = checkProbes([probed], { ...TARGET, port });
    expect(finding!.message).toMatch(message);
    expect(finding!.remedy).toMatch(remedy);
  });

  test.each([
    [down("refused"), "check port 9999"],
    [down("timeout"), "raise timeout"],
    [down("malformed"), "check port and scheme"],
    [down("other", { otherPorts: [9999] }), "set port 9999 scheme http"],
  ])("a remedy names keys of a file where that gives the settings (%#)", (probed, words) => {
    const [finding] = checkProbes([probed], { ...TARGET, port: 9999, dash: "" });
    expect(finding!.remedy).toContain(words);
    expect(finding!.remedy).not.toMatch(/ -(port|scheme|path|timeout)/);
  });

  test("a failure of no known cause, which therefore no test can bring about, has a remedy", () => {
    expect(checkProbes([down("other")], TARGET)[0]!.remedy).toBe("read the log of the gateway");
  });
});
