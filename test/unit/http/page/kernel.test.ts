import { expect, test } from "bun:test";

import { kernelFacts } from "../../../../src/http/page/kernel.ts";
import { ddnsFailure } from "../../../../src/status/phrases.ts";
import type { Moment, PoolFamily, Routing } from "../../../../src/status/schema.ts";

const moment = (ageSeconds: number): Moment => ({ time: "2026-01-02T03:04:05Z", ageSeconds });

const routing = (more: Partial<Routing> = {}): Routing => ({
  ...{ standing: { ok: true, why: "right" }, table: 180, preference: 10888, rule: true, guardRules: 0 },
  ...{
    whenNoGateways: "fall-through",
    rejectsIpv6: false,
    routes: [],
    precedingRules: [],
    exclusions: 1,
    seen: moment(3),
  },
  ...more,
});

/** What is shown of a pool that routes both families. */
function factsOf(ipv4: Partial<Routing>, ipv6: Partial<Routing>) {
  const family = (word: PoolFamily["family"], more: Partial<Routing>): PoolFamily => ({
    ...{ family: word, verdict: "healthy", why: "", usable: 1, total: 1, short: false, routing: routing(more) },
  });
  return kernelFacts({ routing: routing(ipv4), families: [family("ipv4", ipv4), family("ipv6", ipv6)] });
}

const preceding = (why: string): Partial<Routing> => ({
  precedingRules: [{ rule: "", extent: "all", networks: [], more: 0, why }],
});

test("the facts of one family are without its name", () => {
  const wrong = { standing: { ok: false, why: "wrong" }, rule: false, ...preceding("a rule") };
  expect(kernelFacts({ routing: routing(wrong) })).toEqual({
    ...{ standing: wrong.standing, table: "180", rule: "10888 (missing)", preceding: "a rule" },
    ...{ exclusions: "1 destination", seen: moment(3) },
  });
});

test("those of both families are joined, with the name where they differ", () => {
  expect(factsOf({ exclusions: 18 }, { exclusions: 9, seen: moment(7) })).toEqual({
    ...{ standing: { ok: true, why: "right" }, table: "180", rule: "10888", preceding: "" },
    ...{ exclusions: "18 of IPv4, 9 of IPv6", seen: moment(7) },
  });
  const wrong = { standing: { ok: false, why: "wrong" }, rule: false, seen: null, ...preceding("a rule") };
  expect(factsOf({}, wrong)).toMatchObject({
    ...{ standing: { ok: false, why: "IPv6: wrong" }, rule: "10888 (missing in IPv6)", preceding: "IPv6: a rule" },
    seen: null,
  });
  const read = { ...wrong, seen: moment(3) };
  expect(factsOf(read, read)).toMatchObject({
    ...{ standing: { ok: false, why: "IPv4: wrong; IPv6: wrong" }, rule: "10888 (missing)" },
    preceding: "IPv4: a rule; IPv6: a rule",
  });
});

test("nothing is said of a kernel that was not read yet", () => {
  const unread = kernelFacts({ routing: routing({ rule: false, exclusions: 0, seen: null }) });
  expect(unread).toMatchObject({ rule: "10888 (not read yet)", exclusions: "not read yet", seen: null });
});

test("the failure of records names their type where there are two", () => {
  const error = (why: string) => ({ kind: "passing", why, at: moment(3) }) as const;
  const state = { addresses: [], pending: null, lastSuccess: null, nextTrySeconds: 1 };
  const name = {
    provider: "dynudns",
    hostname: "gw",
    onDuty: true,
    ...state,
    ok: false,
    lastError: error("status 502"),
  };
  expect(ddnsFailure(name)).toEqual(error("status 502"));
  expect(ddnsFailure({ ...name, ok: true })).toBeUndefined();
  const records = [
    { type: "A", ...state, ok: true, lastError: error("status 500") },
    { type: "AAAA", ...state, ok: false, lastError: error("status 502") },
  ] as const;
  expect(ddnsFailure({ ...name, records: [...records] })!.why).toBe("AAAA: status 502");
});
