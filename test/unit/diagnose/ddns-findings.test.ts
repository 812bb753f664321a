import { describe, expect, test } from "bun:test";

import {
  type LookedUp,
  checkRequiredAddress,
  checkLookUps,
  checkRecords,
} from "../../../src/diagnose/ddns-findings.ts";
import { readAnswer } from "../../../src/ddns/look-up-answer.ts";
import type { FetchFailureCode } from "../../../src/fetch/failure.ts";
import type { LookUpFailureCode } from "../../../src/ddns/look-up-result.ts";
import { ProviderError } from "../../../src/ddns/providers/provider.ts";

const found = (gateway: string, address: string): LookedUp => ({
  gateway,
  result: { kind: "success", seconds: 0.01, address },
});
const failed = (gateway: string, code: LookUpFailureCode, detail: string = code, remedy?: string): LookedUp => ({
  gateway,
  result: { kind: "failure", seconds: 0.01, code, detail, remedy },
});

test("writing the name is judged by the required address", () => {
  expect(checkRequiredAddress("10.0.0.9", ["127.0.0.1", "10.0.0.9"])).toMatchObject({ level: "ok" });
  expect(checkRequiredAddress("10.0.0.9", ["127.0.0.1"])).toMatchObject({ level: "warning" });
});

describe("records", () => {
  const record = (address: string, enabled = true) => ({ id: address, address, ttl: 60, enabled });

  test("that can be read are a finding with the addresses that the name resolves to", () => {
    const listed = [record("1.0.0.1"), record("1.0.0.2", false), record("1.0.0.3")];
    expect(checkRecords("gw.example.com", listed)).toMatchObject({
      level: "ok",
      message: "the records of gw.example.com can be read: it resolves to 1.0.0.1, 1.0.0.3 now",
    });
    expect(checkRecords("gw.example.com", []).message).toEndWith("it resolves to nothing now");
  });

  test("that can be read name the right that writing them takes, where no read proves it", () => {
    const { level, message } = checkRecords("gw.example.com", [], undefined, "the permission Read & Write");
    expect(level).toBe("ok");
    expect(message).toEndWith("; to write them, the key needs the permission Read & Write, which only a write shows");
  });

  test("that cannot be read are an error with the remedy of the provider's error, or that of the network", () => {
    const wrongKey = new ProviderError("access", "Dynu said no: 401 Failed.", {
      remedy: "check -ddns-password and -ddns-api-url",
    });
    expect(checkRecords("gw.example.com", wrongKey)).toEqual({
      level: "error",
      topic: "ddns records",
      message: "Dynu said no: 401 Failed.",
      remedy: "check -ddns-password and -ddns-api-url",
    });
    const remedyOf = (code: FetchFailureCode): string =>
      checkRecords("gw.example.com", new ProviderError("passing", "Dynu cannot be reached", { code })).remedy!;
    expect(remedyOf("tls")).toMatch(/clock .*certificate/);
    expect(remedyOf("unresolved")).toContain("name servers");
    for (const code of ["timeout", "refused", "reset", "other"] as const) expect(remedyOf(code)).toContain("internet");
    expect(remedyOf("malformed")).toContain("-ddns-api-url");
    expect(remedyOf("exhausted")).toContain("ulimit");
    for (const code of ["tls", "malformed", "exhausted", "refused"] as const) {
      expect(remedyOf(code)).not.toContain("name servers");
    }
    const rejected = new ProviderError("passing", "Dynu cannot be reached: unreachable", { code: "unreachable" });
    expect(checkRecords("gw.example.com", rejected).remedy).toContain("-exclude-cidr");
    const silent = checkRecords("gw.example.com", new ProviderError("passing", 'Dynu said: "a; check b"'));
    expect(silent).toMatchObject({ level: "error", message: 'Dynu said: "a; check b"' });
    expect(silent.remedy).toStartWith("run check again later; if this lasts, check -ddns-api-url");
  });
});

describe("public addresses", () => {
  test("that are known name the gateways that share one", () => {
    const findings = checkLookUps(
      [found("10.0.0.1", "1.0.0.1"), found("10.0.0.2", "1.0.0.1"), found("10.0.0.3", "1.0.0.3")],
      { publicIpServicePort: 8000 },
    );
    expect(findings.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "ok 10.0.0.1 has 1.0.0.1, the same as 10.0.0.2",
      "ok 10.0.0.2 has 1.0.0.1, the same as 10.0.0.1",
      "ok 10.0.0.3 has 1.0.0.3",
    ]);
  });

  test("whose look-up failed are an error only when no look-up succeeded", () => {
    const levels = (lookUps: LookedUp[]): string[] =>
      checkLookUps(lookUps, { publicIpServicePort: 8000 }).map(({ level }) => level);
    expect(levels([found("10.0.0.1", "1.0.0.1"), failed("10.0.0.2", "timeout")])).toEqual(["ok", "warning"]);
    expect(levels([failed("10.0.0.2", "timeout")])).toEqual(["error"]);
    expect(levels([])).toEqual(["warning"]);
  });

  test("of no gateway say which gateways would have been looked up", () => {
    const messageOf = (...which: readonly string[]): string =>
      checkLookUps([], { publicIpServicePort: 8000 }, undefined, ...which)[0]!.message;
    expect(messageOf()).toBe("not looked up, since no gateway is healthy");
    expect(messageOf("gateway of a pool with a DNS name")).toEndWith("no gateway of a pool with a DNS name is healthy");
  });

  test.each<[LookUpFailureCode, number, RegExp]>([
    ["refused", 8000, /HTTP_CONTROL_SERVER_ADDRESS=:8000 and not 127\.0\.0\.1:8000/],
    ["refused", 443, /-public-ip-service-scheme http -public-ip-service-port 8000/],
    ["tls", 8000, /-public-ip-service-scheme http/],
    ["malformed", 8000, /-public-ip-service-scheme http/],
    ["not-found", 8000, /\/v1\/publicip\/ip/],
    ["no-address", 8000, /VPN.*PUBLICIP_API/],
    ["not-public", 8000, /-public-ip-allow-private/],
    ["timeout", 8000, /-public-ip-service-/],
  ])("the failure %s at port %d has a remedy", (code, port, remedy) => {
    expect(checkLookUps([failed("10.0.0.1", code)], { publicIpServicePort: port })[0]!.remedy).toMatch(remedy);
  });

  test.each<LookUpFailureCode>(["refused", "tls", "malformed"])(
    "the failure %s of one service for all gateways has a remedy about that service alone",
    (code) => {
      const service = { publicIpServiceHostname: "ip.example.com", publicIpServicePort: 8000 };
      const { remedy } = checkLookUps([failed("10.0.0.1", code)], service)[0]!;
      expect(remedy).toContain("-public-ip-service-");
      expect(remedy).not.toContain("Gluetun");
    },
  );

  test("no remedy names a flag of the probe", () => {
    const codes = ["refused", "tls", "unresolved", "malformed", "not-found", "no-address", "not-public"] as const;
    const lookUps = codes.map((code) => failed("10.0.0.1", code));
    const remedies = checkLookUps(lookUps, { publicIpServicePort: 443 }).map(({ remedy }) => remedy);
    const flags = remedies.join(" ").match(/(?<=\s)-[a-z-]+/g)!;
    expect(flags.filter((flag) => !flag.startsWith("-public-ip-"))).toEqual([]);
  });

  test("a failure with a remedy of its own keeps it", () => {
    const lookUp = failed("10.0.0.1", "unauthorized", "status 401", "set -public-ip-service-api-key");
    expect(checkLookUps([lookUp], { publicIpServicePort: 8000 })[0]).toMatchObject({
      message: "10.0.0.1: status 401 (10ms)",
      remedy: "set -public-ip-service-api-key",
    });
  });

  test.each(["connection refused by portal", "TLS", "status 404", "the answer has no address", "set; check"])(
    "an answer that quotes another failure (%s) gets the remedy of its own failure",
    (quoted) => {
      const remedyFor = (body: string) => {
        const result = { ...readAnswer(body, false), seconds: 0.01 };
        return checkLookUps([{ gateway: "10.0.0.1", result }], { publicIpServicePort: 443 })[0]!.remedy;
      };
      expect(remedyFor(`<html>${quoted}</html>`)).toBe(remedyFor("<html>"));
    },
  );
});
