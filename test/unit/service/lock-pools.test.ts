import { afterEach, describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { type Config, probeTablesOf } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { lockForDiagnosis } from "../../../src/service/diagnosis-locks.ts";
import type { Lock } from "../../../src/service/instance-lock.ts";
import { lockPools } from "../../../src/service/lock-pools.ts";
import { PROTOCOL } from "../../../src/routing/types.ts";
import { abandonedAmong } from "../../../src/service/orphans.ts";
import { routeTo } from "../diagnose/kernel-facts.fixture.ts";

/** Numbers that no other test and no service on this machine has. */
const [TABLE, RULE, PROBE_RULE, PROBE_TABLE, MARK] = [612_180, 30_888, 40, 618_001, "0x7d000000"];

function configOf(changes: Readonly<Record<string, string | number>> = {}): Config {
  const flags = {
    ...{ "start-ip": "10.0.0.1", "end-ip": "10.0.0.2", through: "icmp:1.1.1.1" },
    ...{ "first-routing-table-id": TABLE, "first-rule-preference": RULE },
    ...{ "probe-rule-preference": PROBE_RULE, "first-probe-table-id": PROBE_TABLE, "probe-mark": MARK },
    ...changes,
  };
  const words = Object.entries(flags).flatMap(([flag, value]) => (value === "" ? [] : [`-${flag}=${value}`]));
  const parsed = parseConfig(parseArguments(words).values, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.config;
}

/** Another instance that has nothing of the first one. */
const OTHER = {
  "first-routing-table-id": TABLE + 1,
  "first-rule-preference": RULE + 10,
  "probe-rule-preference": PROBE_RULE + 4,
  "first-probe-table-id": PROBE_TABLE + 255,
  "probe-mark": "0x7e000000",
};

/** One without probes. */
const WITHOUT = { through: "", "probe-mark": "", "probe-rule-preference": "", "first-probe-table-id": "" };

const locks: Lock[] = [];
afterEach(() => locks.splice(0).forEach((lock) => lock.release()));

const lock = async (changes?: Parameters<typeof configOf>[0]): Promise<void> =>
  void locks.push(await lockPools(configOf(changes)));

/** How each error names the holder, which is this process. */
const HOLDER = ` (pid ${process.pid}, user ${process.geteuid!()}, ${process.argv0})`;

/** The code and the text of an error, without the holder, which it has to name. */
function withoutHolder({ code, message }: { readonly code: string; readonly message: string }): unknown {
  expect(message).toContain(HOLDER);
  return [code, message.replace(HOLDER, "")];
}

const refusal = (changes: Parameters<typeof configOf>[0]): Promise<unknown> =>
  lock(changes).then(() => ["none", ""], withoutHolder);

describe("two instances with probes", () => {
  test("start beside each other with settings of their own", async () => {
    await lock();
    await lock(OTHER);
  });

  test("start one after the other with the same settings, also after a start that was refused", async () => {
    await lock();
    expect(await refusal({ ...OTHER, "probe-mark": MARK })).toMatchObject(["probes-locked", expect.anything()]);
    await lock(OTHER);
    locks.splice(0).forEach((one) => one.release());
    await lock();
    await lock(OTHER);
  });

  const remedy = "give this one its own -probe-rule-preference, -first-probe-table-id and -probe-mark";
  const preferences = (first: number): string => `the preferences ${first} to ${first + 3} of the rules for probes`;
  const tables = (first: number): string => `the tables ${first} to ${first + 254} for probes`;

  test.each([PROBE_RULE - 3, PROBE_RULE, PROBE_RULE + 3])("do not share preferences: %d", async (preference) => {
    await lock();
    expect(await refusal({ ...OTHER, "probe-rule-preference": preference })).toEqual([
      "probes-locked",
      `another running instance with -probe-rule-preference ${PROBE_RULE} overlaps ${preferences(preference)}; ${remedy}`,
    ]);
  });

  test.each([PROBE_TABLE - 254, PROBE_TABLE, PROBE_TABLE + 254])("do not share tables: %d", async (table) => {
    await lock();
    expect(await refusal({ ...OTHER, "first-probe-table-id": table })).toEqual([
      "probes-locked",
      `another running instance with -first-probe-table-id ${PROBE_TABLE} overlaps ${tables(table)}; ${remedy}`,
    ]);
  });

  test("do not share marks, which would lead probes through gateways of the other one", async () => {
    await lock();
    expect(await refusal({ ...OTHER, "probe-mark": MARK })).toEqual([
      "probes-locked",
      `another running instance probes with -probe-mark ${MARK}; ${remedy}`,
    ]);
  });
});

describe("an instance with probes and one without", () => {
  test("start beside each other in either order", async () => {
    await lock({ ...OTHER, ...WITHOUT });
    await lock();
    await lock({ ...WITHOUT, "first-routing-table-id": TABLE + 2, "first-rule-preference": PROBE_RULE + 4 });
  });

  test("do not have the managed table of one among the tables for probes of the other", async () => {
    const without = { ...OTHER, ...WITHOUT, "first-routing-table-id": PROBE_TABLE + 254 };
    await lock(without);
    expect(await refusal({})).toEqual([
      "probes-locked",
      expect.stringContaining(`manages table ${PROBE_TABLE + 254}, one of the tables ${PROBE_TABLE} to`),
    ]);
    locks.splice(0).forEach((one) => one.release());
    await lock();
    expect(await refusal(without)).toEqual([
      "table-locked",
      `another running instance with -first-probe-table-id ${PROBE_TABLE} has table ${PROBE_TABLE + 254} for probes; give this one another -first-routing-table-id`,
    ]);
  });

  test.each(["fall-through", "unreachable"])("do not lead probes to other gateways, with %s", async (mode) => {
    const without = { ...OTHER, ...WITHOUT, "when-no-gateways": mode, "first-rule-preference": PROBE_RULE + 3 };
    await lock(without);
    expect(await refusal({})).toEqual([
      "probes-locked",
      `the rule of another running instance with -first-rule-preference ${PROBE_RULE + 3} does not come after the preferences ${PROBE_RULE} to ${PROBE_RULE + 3} of the rules for probes; give this one a lower -probe-rule-preference`,
    ]);
    locks.splice(0).forEach((one) => one.release());
    await lock();
    expect(await refusal(without)).toEqual([
      "preference-locked",
      `preference ${PROBE_RULE + 3} does not come after the rules for probes of another running instance with -probe-rule-preference ${PROBE_RULE}; give this one a -first-rule-preference from ${PROBE_RULE + 4} on`,
    ]);
  });
});

describe("a service that starts while check or plan probes", () => {
  const diagnose = (changes = {}): Promise<void> => {
    const lock = lockForDiagnosis(probeTablesOf(configOf(changes))!);
    if ("overlap" in lock) throw new Error(`locked: ${lock.overlap.what}`);
    locks.push(lock);
    return lock.wanted.then(async () => {
      await Bun.sleep(50); // to remove what was made
      lock.release();
    });
  };

  test.each([
    ["the same settings", {}],
    ["overlapping preferences", { ...OTHER, "probe-rule-preference": PROBE_RULE + 3 }],
    ["overlapping tables", { ...OTHER, "first-probe-table-id": PROBE_TABLE + 254 }],
    ["the same mark", { ...OTHER, "probe-mark": MARK }],
    ["no probes, and its rule before theirs", { ...OTHER, ...WITHOUT, "first-rule-preference": PROBE_RULE + 3 }],
    ["no probes, and its table among theirs", { ...OTHER, ...WITHOUT, "first-routing-table-id": PROBE_TABLE }],
  ])("with %s has them leave, and starts", async (_, changes) => {
    const left = diagnose();
    await lock(changes);
    await left;
  });

  test("with settings of its own starts beside them", async () => {
    let asked = false;
    void diagnose().then(() => (asked = true));
    await lock(OTHER);
    await Bun.sleep(100);
    expect(asked).toBe(false);
  });

  test("is not asked for its own locks by them", async () => {
    await lock();
    expect(() => diagnose()).toThrow("locked: preference");
  });
});

test("routes in tables for probes of a running instance are not abandoned, before and after it sets its rules", async () => {
  await lock();
  const table = (number: number) => ({ kind: "table", table: number, rules: [], routes: [] }) as const;
  const probes = (base: number) => ({ kind: "probes", base, rules: [], routes: [] }) as const;
  const orphans = [
    ...[table(PROBE_TABLE), table(PROBE_TABLE + 254), table(PROBE_TABLE + 255)],
    ...[probes(PROBE_RULE), probes(PROBE_RULE + 4)],
  ];
  expect(await abandonedAmong(orphans)).toEqual([table(PROBE_TABLE + 255), probes(PROBE_RULE + 4)]);
});

test("of rules for probes of a killed run, the routes in tables that a running instance has by now are not abandoned", async () => {
  await lock();
  const route = (table: number) => routeTo("0.0.0.0/0", table, { protocol: PROTOCOL });
  const tables = [PROBE_TABLE, TABLE, PROBE_TABLE + 255];
  const orphan = { kind: "probes", base: PROBE_RULE + 4, rules: [], routes: tables.map(route) } as const;
  expect(await abandonedAmong([orphan])).toEqual([{ ...orphan, routes: [route(PROBE_TABLE + 255)] }]);
});

describe("the pools of one instance", () => {
  const twoOf = (config: Config): Config => {
    const [pool] = config.pools;
    const place = { table: pool.table + 1, preference: pool.preference + 8 };
    return {
      ...config,
      pools: [
        { ...pool, name: "vpn" },
        { ...pool, name: "rest", ...place },
      ],
    };
  };
  const lockTwo = async (changes?: Parameters<typeof configOf>[0]): Promise<void> =>
    void locks.push(await lockPools(twoOf(configOf(changes))));

  test("are locked together, with one lock for their probes", async () => {
    await lockTwo();
    await lock({ ...OTHER, "first-routing-table-id": TABLE + 2, "first-rule-preference": RULE + 16 });
  });

  test("all stay free where one of them is taken, and the message names that one", async () => {
    await lock({ ...OTHER, "first-routing-table-id": TABLE + 1, "first-rule-preference": RULE + 100 });
    const error = await lockTwo().catch(withoutHolder);
    expect(error).toEqual([
      "table-locked",
      `pool rest: another instance manages table ${TABLE + 1}; stop it, or give this pool its own table and preference`,
    ]);
    await lock();
  });

  test("do not start with a preference of another instance, and the message names the pool", async () => {
    await lock({
      ...OTHER,
      "first-routing-table-id": TABLE + 7,
      "first-rule-preference": RULE + 11,
      "when-no-gateways": "unreachable",
    });
    const error = await lockTwo({ "when-no-gateways": "prohibit" }).catch(withoutHolder);
    expect(error).toEqual([
      "preference-locked",
      `pool rest: another running instance with preference ${RULE + 11} overlaps the preferences ${RULE + 8} to ${RULE + 11}; give one of them a preference that is 4 or more away`,
    ]);
  });
});
