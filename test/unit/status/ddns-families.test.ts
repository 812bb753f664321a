import { describe, expect, test } from "bun:test";

import { Check } from "typebox/schema";

import { ddnsLines } from "../../../src/cli/status-view/ddns-lines.ts";
import { Status } from "../../../src/status/schema.ts";
import { BOTH_FAMILIES, inBothFamilies } from "./families.fixture.ts";

const NAMED = `${BOTH_FAMILIES}
[[ddns]]
provider = "dynudns"
hostname = "gw.example.net"
password-file = "/run/dns"
`;

describe("a DNS name of both families", () => {
  const open = () => {
    const { clock, recordIn, status } = inBothFamilies(NAMED);
    return { clock, status, name: () => status().pools![0]!.ddns!, record: recordIn.bind(undefined, "vpn") };
  };

  test("is correct once the records of each type are, and has the addresses of both", () => {
    const { record, name, status } = open();
    record({ type: "ddns-verified", addresses: ["1.0.0.1"], retained: [] });
    expect(name()).toMatchObject({ ok: null, addresses: ["1.0.0.1"], lastSuccess: null });
    record({ type: "ddns-verified", family: 6, addresses: ["2600::1", "2600::2"], retained: [] });
    expect(name()).toMatchObject({ ok: true, addresses: ["1.0.0.1", "2600::1", "2600::2"] });
    expect(name().records).toMatchObject([
      { type: "A", ok: true, addresses: ["1.0.0.1"] },
      { type: "AAAA", ok: true, addresses: ["2600::1", "2600::2"] },
    ]);
    expect(Check(Status, status())).toBeTrue();
  });

  test("shows what fails in one of them, and the earlier success", () => {
    const { clock, record, name } = open();
    record({ type: "ddns-verified", family: 6, addresses: ["2600::1"], retained: [] });
    clock.now += 5000;
    record({ type: "ddns-verified", addresses: ["1.0.0.1"], retained: [] });
    record({ type: "ddns-desired", family: 6, addresses: ["2600::9"], delayMs: 0 });
    record({ type: "ddns-trouble", family: 6, kind: "quota", detail: "full", waitMs: 1000 });
    record({ type: "ddns-scheduled", waitMs: 600_000 }, { type: "ddns-scheduled", family: 6, waitMs: 1000 });
    expect(name()).toMatchObject({
      ok: false,
      pending: ["1.0.0.1", "2600::9"],
      lastSuccess: { ageSeconds: 5 },
      lastError: { kind: "quota" },
      nextTrySeconds: 1,
    });
    expect(name().records).toMatchObject([{ ok: true, pending: null, lastError: null }, { ok: false }]);
    const text = ddnsLines(name(), 80, (_, line) => line).join("\n");
    expect(text).toContain("\nA: the records are correct\n");
    expect(text).toContain("\nAAAA: the last read or update failed\n  full, 0s ago");
  });
});
