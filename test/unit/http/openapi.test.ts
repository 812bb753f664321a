import { describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";

import { openApi } from "../../../src/http/openapi.ts";
import { createApi } from "../../../src/http/api.ts";
import type { LogEntries, Status } from "../../../src/status/schema.ts";
import { failed, GATEWAYS, healthy, observed, route, setUp, turned } from "../status/model.fixture.ts";
import { setUpPools } from "../status/pools.fixture.ts";
import { schemaChecks } from "./schema-checks.ts";

interface Document {
  readonly paths: Readonly<Record<string, { get: { security?: object[]; responses: Record<string, unknown> } }>>;
  readonly security: readonly object[];
}

const documentOf = (guarded: boolean) => openApi({ version: "1.2.3", protected: guarded }) as Document;

describe.each([true, false])("the description, with a password: %p", (guarded) => {
  const text = JSON.stringify(documentOf(guarded));

  test("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(text))).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  test("has every path that is served", () => {
    const unused = (): never => {
      throw new Error("not asked");
    };
    const api = createApi({ status: unused, log: unused, events: unused, version: "1", protected: guarded });
    const others = ["/metrics", "/healthz", "/readyz", "/usable"];
    expect(Object.keys(documentOf(guarded).paths).sort()).toEqual([...Object.keys(api), ...others].sort());
  });

  test("says where a password is needed", () => {
    const { paths, security } = documentOf(guarded);
    expect(security.length > 0).toBe(guarded);
    for (const [path, { get }] of Object.entries(paths)) {
      const open = path === "/healthz" || !guarded;
      expect([path, "401" in get.responses]).toEqual([path, !open]);
      expect([path, get.security?.length === 0]).toEqual([path, path === "/healthz"]);
    }
  });
});

describe("the schemas", () => {
  const { checkStatus, checkLog } = schemaChecks(documentOf(false));

  /** A status without any event, one in which everything is set, one without DDNS, and one of two pools. */
  function statuses(): Status[] {
    const { record, status } = setUp();
    const early = status();
    record(healthy(1, 0.01), turned(1, "up"), failed(2, "timeout"), turned(2, "down"));
    record({ type: "unusable", gateways: [GATEWAYS[2]], fault: { code: "no-route", detail: "no route" }, count: 1 });
    record({ type: "held", gateway: GATEWAYS[0], waitMs: 20_000, losses: 2 });
    record({ type: "selection", held: [], kept: [GATEWAYS[1]], shortage: undefined });
    record({ type: "public-ip-changed", gateway: GATEWAYS[0], from: undefined, to: "1.0.0.1" });
    record({ type: "public-ip-state", gateway: GATEWAYS[0], state: "kept" });
    record(observed([route([{ gateway: "", weight: 1 }]), route([], { type: "blackhole" })]));
    record({ type: "ddns-verified", addresses: ["1.0.0.1"], retained: [] });
    record({ type: "ddns-trouble", kind: "quota", detail: "full", waitMs: 1000 });
    record({ type: "ddns-scheduled", waitMs: 1000 });
    return [early, status(), setUp({}, false).status(), setUpPools().status()];
  }

  test("fit every status and log", () => {
    for (const status of statuses()) expect(checkStatus(status)).toEqual([]);
    const { model } = setUp();
    model.log.add("error", "something");
    model.log.add("warn", "pool vpn: something", "vpn");
    const log: LogEntries = { entries: [...model.log.since()] };
    expect(checkLog(log)).toEqual([]);
  });

  test("do not fit anything else", () => {
    const status = statuses()[1]!;
    const { verdict: _, ...without } = status;
    const wrong: unknown[] = [
      without,
      { ...status, verdict: "fine" },
      { ...status, gateways: [{ ...status.gateways[0]!, share: 1.1 }] },
      { ...status, gateways: [{ ...status.gateways[0]!, held: { losses: 2 } }] },
      { ...status, service: { ...status.service, time: "yesterday" } },
      { ...status, ddns: { ...status.ddns!, onDuty: "yes" } },
      { ...status, more: 1 },
      { ...status, pools: [{ name: "vpn" }] },
    ];
    for (const one of wrong) expect(checkStatus(one)).not.toEqual([]);
  });
});
