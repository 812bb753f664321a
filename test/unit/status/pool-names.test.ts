/** The DNS names of two pools, which share a gateway. */
import { describe, expect, test } from "bun:test";

import type { LookUpResult } from "../../../src/ddns/look-up-result.ts";
import { FILE, NORWAY, setUpPools, SWEDEN } from "./pools.fixture.ts";

const nameOf = (pool: string): string =>
  `[[ddns]]\npool = "${pool}"\nprovider = "dynudns"\nhostname = "${pool}.example.com"\npassword-file = "/run/dns"\n`;

function setUp() {
  const opened = setUpPools(`${FILE}${nameOf("vpn")}${nameOf("rest")}`);
  const memberIn = (pool: string, gateway: string) =>
    opened.pool(pool).members.find((member) => member.gateway === gateway)!.publicAddress;
  const lookUp = (gateway: string, result: LookUpResult) => opened.record({ type: "public-ip", gateway, result });
  const found = (gateway: string, to: string) => {
    lookUp(gateway, { kind: "success", seconds: 0.1, address: to });
    opened.record({ type: "public-ip-changed", gateway, from: undefined, to });
  };
  return { ...opened, memberIn, lookUp, found };
}

describe("each pool", () => {
  test("has a name of its own, and the status as a whole has that of the first one", () => {
    const { recordIn, pool, status } = setUp();
    recordIn("rest", { type: "ddns-verified", addresses: ["1.0.0.2"], retained: [] });
    expect(pool("vpn").ddns).toMatchObject({ hostname: "vpn.example.com", ok: null, addresses: [] });
    expect(pool("rest").ddns).toMatchObject({ hostname: "rest.example.com", ok: true, addresses: ["1.0.0.2"] });
    expect(status().ddns).toEqual(pool("vpn").ddns);
  });

  test("may update its name while the other one may not", () => {
    const { recordIn, pool } = setUp();
    recordIn("vpn", { type: "ddns-write-gate", address: "10.0.0.9", allowed: false });
    expect([pool("vpn").ddns!.onDuty, pool("rest").ddns!.onDuty]).toEqual([false, true]);
  });
});

describe("the public address of a gateway that two pools share", () => {
  test("is known in both after one look-up", () => {
    const { recordIn, memberIn, found } = setUp();
    for (const pool of ["vpn", "rest"]) recordIn(pool, { type: "public-ip-state", gateway: NORWAY, state: "unknown" });
    found(NORWAY, "1.0.0.2");
    for (const pool of ["vpn", "rest"]) recordIn(pool, { type: "public-ip-state", gateway: NORWAY, state: "known" });
    const known = { address: "1.0.0.2", state: "known", why: null } as const;
    expect([memberIn("vpn", NORWAY), memberIn("rest", NORWAY)]).toEqual([known, known]);
  });

  test("is known in a pool that begins to use the gateway later, without another change", () => {
    const { recordIn, memberIn, found } = setUp();
    found(NORWAY, "1.0.0.2");
    recordIn("rest", { type: "public-ip-state", gateway: NORWAY, state: "known" });
    expect(memberIn("rest", NORWAY)).toMatchObject({ address: "1.0.0.2" });
    expect(memberIn("vpn", NORWAY)).toEqual({ address: null, state: "inactive", why: null });
  });

  test("is unknown for a reason only where the gateway carries traffic", () => {
    const { recordIn, memberIn, lookUp } = setUp();
    recordIn("vpn", { type: "public-ip-state", gateway: NORWAY, state: "unknown" });
    lookUp(NORWAY, { kind: "failure", seconds: 0.1, code: "no-address", detail: "the answer has no address" });
    lookUp(SWEDEN, { kind: "success", seconds: 0.1, address: "1.0.0.1" });
    expect(memberIn("vpn", NORWAY)!.why).toBe("the answer has no address");
    expect(memberIn("rest", NORWAY)!.why).toBeNull();
  });
});
