import { describe, expect, test } from "bun:test";

import { setUp } from "./model.fixture.ts";

describe("the DNS name", () => {
  test("has its addresses, its last error and its next try", () => {
    const { clock, record, status } = setUp();
    expect(status().ddns).toEqual({
      provider: "DynuDNS",
      hostname: "gw.example.net",
      onDuty: true,
      ok: null,
      addresses: [],
      pending: null,
      lastSuccess: null,
      lastError: null,
      nextTrySeconds: null,
    });
    record({ type: "ddns-verified", addresses: ["1.0.0.1"], retained: [] });
    clock.now = 4000;
    record({ type: "ddns-trouble", kind: "access", detail: "status 401", waitMs: 1000 });
    record({ type: "ddns-scheduled", waitMs: 1000 });
    clock.now = 4400;
    expect(status().ddns).toMatchObject({
      ok: false,
      addresses: ["1.0.0.1"],
      lastSuccess: { ageSeconds: 4.4 },
      lastError: { kind: "access", why: "status 401", at: { ageSeconds: 0.4 } },
      nextTrySeconds: 0.6,
    });
    clock.now = 5100; // under way
    expect(status().ddns?.nextTrySeconds).toBeNull();
    record({ type: "ddns-verified", addresses: ["1.0.0.1", "1.0.0.2"], retained: [] });
    expect(status().ddns).toMatchObject({ ok: true, addresses: ["1.0.0.1", "1.0.0.2"], lastError: { kind: "access" } });
  });

  test("has the addresses that it should have until the records were read and found correct", () => {
    const { record, status } = setUp({ "ddns-require-ip-address": "10.0.0.9" });
    const gate = { type: "ddns-write-gate", address: "10.0.0.9" } as const;
    record({ ...gate, allowed: true }, { type: "ddns-verified", addresses: ["1.0.0.1"], retained: [] });
    record({ type: "ddns-desired", addresses: ["1.0.0.1", "1.0.0.2"], delayMs: 60_000 });
    record({ type: "ddns-trouble", kind: "access", detail: "status 401", waitMs: 1000 });
    expect(status().ddns).toMatchObject({ addresses: ["1.0.0.1"], pending: ["1.0.0.1", "1.0.0.2"] });
    record({ ...gate, allowed: false });
    expect(status().ddns?.pending).toBeNull(); // another machine writes them
    record({ ...gate, allowed: true }, { type: "ddns-verified", addresses: ["1.0.0.1", "1.0.0.2"], retained: [] });
    expect(status().ddns?.pending).toBeNull();
    record({ type: "ddns-desired", addresses: [], delayMs: 0 });
    expect(status().ddns?.pending).toEqual([]);
    record({ type: "ddns-desired", addresses: undefined, delayMs: 0 });
    expect(status().ddns?.pending).toBeNull();
  });

  test("is on duty only while the machine has the required address", () => {
    const { record, status } = setUp({ "ddns-require-ip-address": "10.0.0.9" });
    expect(status().ddns?.onDuty).toBeNull();
    record({ type: "ddns-write-gate", address: "10.0.0.9", allowed: false });
    expect(status().ddns?.onDuty).toBe(false);
    record({ type: "ddns-write-gate", address: "10.0.0.9", allowed: true });
    expect(status().ddns?.onDuty).toBe(true);
  });

  test("is null without DDNS", () => {
    expect(setUp({}, false).status().ddns).toBeNull();
  });
});
