/** Gateways that several pools share. */
import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import type { PoolEvent } from "../../../src/pool/events.ts";
import { Pool } from "../../../src/pool/pool.ts";
import { selectGateways } from "../../../src/pool/select.ts";
import { healthOf } from "../../fixtures/gateways.ts";
import { FAIL, OK } from "./pool.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const QUORUM = { least: 0, policy: "keep" } as const;

/** Pools by name; each decides at once, and `decisions` lists what it uses. */
function open(members: Readonly<Record<string, string>>, all = "abc") {
  const events: PoolEvent[] = [];
  const decisions: string[] = [];
  const pools: Pool[] = [];
  const emit = (event: PoolEvent): void => void events.push(event);
  const { health, linkFaults } = healthOf([...all], emit);
  for (const [name, gateways] of Object.entries(members)) {
    const pool = new Pool({
      ...{ name, gateways: [...gateways], health, linkFaults, flapHold: 0, quorum: QUORUM, moment: 1000 },
      emit: (event) => emit(Object.assign({ pool: name }, event)),
      onChange() {
        const selection = selectGateways(pool.state(), QUORUM, new Set());
        decisions.push(`${name}: ${selection.used.join("")}`);
        pool.decided(selection, []);
      },
      onAllLost() {},
    });
    health.addFollower(pool);
    pools.push(pool);
  }
  const record = (result: typeof OK, gateways: string): void => {
    for (const gateway of gateways) health.record(gateway, result);
  };
  return {
    ...{ decisions, health, events },
    readKernel: () => pools.forEach((pool) => pool.examine({ links: [], devices: new Map() })),
    up: (gateways: string) => record(OK, gateways),
    down: (gateways: string) => record(FAIL, gateways),
    reported: (...types: PoolEvent["type"][]) => events.filter(({ type }) => types.includes(type)),
  };
}

describe("a gateway of two pools", () => {
  test("is reported once, with the counts of each pool, before the first of them decides", () => {
    const { up, down, decisions, reported } = open({ vpn: "abc", rest: "b" });
    up("abc");
    const before = { reports: reported("gateway", "probe").length, decisions: decisions.length };
    down("b");
    const news = reported("gateway", "probe").slice(before.reports);
    expect(news.map(({ type }) => type)).toEqual(["probe", "gateway"]);
    expect(news[1]).toMatchObject({
      ...{ gateway: "b", status: "down", up: 2, down: 1, total: 3 },
      pools: [
        { pool: "vpn", up: 2, down: 1, total: 3 },
        { pool: "rest", up: 0, down: 1, total: 1 },
      ],
    });
    expect(news[1]).not.toHaveProperty("pool");
    expect(decisions.slice(before.decisions)).toEqual(["vpn: ac", "rest: "]);
  });

  test("makes both decide in one turn, so that their changes can be made together", () => {
    const { up, down, decisions } = open({ vpn: "abc", rest: "bc" });
    up("abc");
    decisions.splice(0);
    down("b");
    expect(decisions).toEqual(["vpn: ac", "rest: c"]);
  });

  test("that carries traffic since an earlier run of one of them is up for both", () => {
    const { health, up, decisions } = open({ vpn: "ab", rest: "bc" });
    health.adopt(new Set(["b"]));
    expect(health.statusOf("b")).toBe("up");
    up("abc");
    expect(decisions).toEqual(["vpn: ab", "rest: bc"]);
  });
});

test("a pool decides first when its own gateways have been probed, whatever those of others do", () => {
  const { up, decisions } = open({ vpn: "ab", rest: "c" });
  up("c");
  expect(decisions).toEqual(["rest: c"]);
  up("a");
  expect(decisions).toEqual(["rest: c"]);
  up("b");
  expect(decisions).toEqual(["rest: c", "vpn: ab"]);
});

test("a cycle of a pool ends when its own gateways have been probed once more", () => {
  const { up, reported } = open({ vpn: "ab", rest: "b" });
  up("b");
  expect(reported("cycle")).toEqual([
    Object.assign({ pool: "rest" }, { type: "cycle", seconds: 0.01, up: 1 } as const),
  ]);
  up("a");
  expect(reported("cycle").at(-1)).toMatchObject({ seconds: 0.01, up: 2, pool: "vpn" });
});

test("gateways that are lost together have a common cause only in a pool that loses all of its own", () => {
  const { up, down, readKernel, reported } = open({ vpn: "abc", rest: "ab" });
  up("abc");
  down("ab");
  readKernel();
  const failed = { type: "failed-together", gateways: ["a", "b"], links: [] } as const;
  expect(reported("failed-together")).toEqual([Object.assign({ pool: "rest" }, failed)]);
});

test("a gateway of no pool is probed and reported all the same", () => {
  const { up, reported } = open({ vpn: "a" });
  up("c");
  expect(reported("gateway")).toEqual([
    {
      ...{ type: "gateway", gateway: "c", before: "unknown", status: "up", detail: "status 200" },
      ...{ up: 1, down: 0, total: 3 },
    },
  ]);
});
