import { expect, test } from "bun:test";

import { FAIL, GATEWAYS, OK, openPool } from "./pool.fixture.ts";

const LEAK = { code: "leak", detail: "leaking" } as const;

test("the first round waits for the exit of each gateway that answers, and for no other", () => {
  const { pool, decisions, asked } = openPool({ checksExit: true });
  pool.record("a", OK);
  pool.record("b", OK);
  pool.record("c", FAIL);
  expect([asked, decisions]).toEqual([["a", "b"], []]);
  pool.setExit("a", undefined);
  pool.setExit("b", LEAK);
  expect(decisions).toEqual(["a"]);
});

test("a gateway that comes back is asked for its exit first, also when it was asked for while it was down", () => {
  const { pool, asked, used } = openPool({ checksExit: true });
  for (const gateway of GATEWAYS) pool.record(gateway, OK);
  for (const gateway of GATEWAYS) pool.setExit(gateway, undefined);
  pool.record("c", FAIL);
  pool.setExit("c", undefined);
  asked.length = 0;
  for (let round = 0; round < 2; round++) pool.record("c", OK);
  expect([asked, used()]).toEqual([["c", "c still"], "ab"]);
  pool.setExit("c", LEAK);
  expect(used()).toBe("ab");
});

test.each(["keep", "all"] as const)(
  "a gateway that leaks is not used for want of others by the policy %s",
  (policy) => {
    const { pool, used } = openPool({ checksExit: true, quorum: { least: 3, policy } });
    for (const gateway of GATEWAYS) pool.record(gateway, OK);
    for (const gateway of GATEWAYS) pool.setExit(gateway, undefined);
    pool.record("b", FAIL);
    expect(used()).toBe("abc");
    pool.setExit("c", LEAK);
    expect(used()).toBe("ab");
  },
);

test("a gateway that leaks does not take the place of one that is kept for want of others", () => {
  const { pool, used } = openPool({ checksExit: true, quorum: { least: 2, policy: "keep" } });
  for (const gateway of GATEWAYS) pool.record(gateway, OK);
  for (const gateway of GATEWAYS) pool.setExit(gateway, undefined);
  pool.record("b", FAIL);
  pool.setExit("c", LEAK);
  expect(used()).toBe("ab");
});

test("a gateway is asked for its exit as soon as its loss or latency keeps it down no more", () => {
  const { pool, asked, used } = openPool({ checksExit: true });
  for (const gateway of GATEWAYS) pool.record(gateway, OK);
  for (const gateway of GATEWAYS) pool.setExit(gateway, undefined);
  pool.setFault("c", { code: "loss", detail: "loss 50%" });
  asked.length = 0;
  pool.setFault("c", undefined);
  expect([asked, used()]).toEqual([["c"], "ab"]);
});
