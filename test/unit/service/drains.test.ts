import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { GatewayConfig } from "../../../src/config/model.ts";
import type { Answer } from "../../../src/control/protocol.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import type { Standing } from "../../../src/routing/standing.ts";
import type { Control } from "../../../src/service/control.ts";
import { Drains } from "../../../src/service/drains.ts";
import { createLog } from "../../../src/log/log.ts";

const [A, B, C] = ["10.77.0.10", "10.77.0.11", "10.77.0.12"] as const;

const GATEWAYS: readonly GatewayConfig[] = [
  { address: A, name: "sweden", probes: ["http"], requirement: "all" },
  { address: B, name: "norway", probes: ["http"], requirement: "all" },
  { address: C, probes: ["http"], requirement: "all" },
];

/** The same, as answers have them. */
const ALL = GATEWAYS.map(({ address, name }) => ({ address, name }));

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Pools {
  readonly [name: string]: readonly string[];
}

interface Setting {
  readonly gateways?: readonly GatewayConfig[];
  /** Undefined names the pool without a name. */
  readonly pools?: Pools | undefined;
  readonly file?: string | undefined;
  readonly standing?: Standing;
}

/** Drains with pools that use all their gateways but drained ones. */
function setUp({ gateways = GATEWAYS, pools, file = newFile(), standing = { ok: true } }: Setting = {}) {
  const events: ServiceEvent[] = [];
  let lines = "";
  const log = createLog("info", "text", { write: (text) => ((lines += text), true) });
  let drained: ReadonlySet<string> = new Set();
  const inUse = (members: readonly string[]): string[] => members.filter((one) => !drained.has(one));
  const all =
    pools === undefined ? ([[undefined, gateways.map(({ address }) => address)]] as const) : Object.entries(pools);
  const loops = all.map(([name, members]) => ({
    ...{ name, gateways: members },
    get active() {
      return inUse(members);
    },
    isLast: (gateway: string) => inUse(members).every((one) => one === gateway),
    settled: async () => standing,
  }));
  const control = {
    setDrained: (set: ReadonlySet<string>) => void (drained = set),
    poolsWith: (gateway: string) => loops.filter((loop) => loop.gateways.includes(gateway)),
  } as unknown as Pick<Control, "setDrained" | "poolsWith">;
  const drains = new Drains({ config: { gateways }, file, emit: (event) => void events.push(event), log });
  const handlers = drains.handlers(control);
  const ask = (command: string, gateway: string, more = {}): Promise<Answer> =>
    handlers[command]!({ command, gateway, ...more });
  return {
    ...{ drains, ask, events, file },
    drained: () => [...drained],
    list: async () => (await handlers["gateways"]!({ command: "gateways" })) as { result: unknown },
    log: () => lines,
    stored: () => JSON.parse(readFileSync(file!, "utf8")).drained,
  };
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "grm-drains-"));
  folders.push(folder);
  return join(folder, "drained.json");
}

describe("drain", () => {
  test.each([["sweden"], [A]])("takes the gateway %s out, and remembers it", async (word) => {
    const { ask, drained, events, stored } = setUp();
    expect(await ask("drain", word)).toEqual({
      ok: true,
      result: {
        gateway: { address: A, name: "sweden" },
        changed: true,
        pools: [{ pool: null, before: ALL, after: ALL.slice(1), kernel: expect.objectContaining({ ok: true }) }],
        unstored: null,
      },
    });
    expect(drained()).toEqual([A]);
    expect(events).toEqual([{ type: "drained", gateway: A, drained: true, since: expect.any(Number) }]);
    expect(stored()).toEqual([{ gateway: "sweden", address: A, since: expect.any(String) }]);
  });

  test.each([["both"], ["10.77.0.13"], ["fd00:77::13"], ["FD00:77:0::13"]])(
    "takes a gateway with two addresses out in both families, by the word %s",
    async (word) => {
      const [address, address6] = ["10.77.0.13", "fd00:77::13"];
      const both: GatewayConfig = { address, address6, name: "both", probes: ["http"], requirement: "all" };
      const pools = { all: [A, B, C, address, address6] };
      const { ask, drained, events } = setUp({ gateways: [...GATEWAYS, both], pools });
      const { result } = (await ask("drain", word)) as { result: { pools: unknown[] } };
      const named = { address, name: "both" };
      expect(result.pools).toMatchObject([{ before: [...ALL, named], after: ALL }]);
      expect(drained()).toEqual(["10.77.0.13", "fd00:77::13"]);
      expect(events).toEqual([{ type: "drained", gateway: named.address, drained: true, since: expect.any(Number) }]);
      await ask("undrain", word);
      expect(drained()).toEqual([]);
    },
  );

  test("of a gateway that is drained changes nothing", async () => {
    const { ask, events } = setUp();
    await ask("drain", C);
    expect(await ask("drain", C)).toMatchObject({ ok: true, result: { changed: false } });
    expect(events).toHaveLength(1);
  });

  test("of an unknown gateway is refused, with the one that was meant", async () => {
    const { ask, drained } = setUp();
    expect(await ask("drain", "sveden")).toEqual({
      ok: false,
      code: "unknown-gateway",
      detail: `there is no gateway "sveden"`,
      remedy: "did you mean sweden?",
    });
    expect(await ask("drain", "x")).toMatchObject({ remedy: "see gateway-route-manager drain -list" });
    expect(drained()).toEqual([]);
  });

  test("of the last usable gateway is refused, unless it is forced", async () => {
    const { ask, drained } = setUp({ gateways: GATEWAYS.slice(0, 1) });
    expect(await ask("drain", "sweden")).toEqual({
      ok: false,
      code: "last-usable",
      detail: `sweden (${A}) is the last usable gateway; nothing was changed`,
      remedy: "drain it all the same with -force",
    });
    expect(drained()).toEqual([]);
    expect(await ask("drain", "sweden", { force: true })).toMatchObject({ result: { pools: [{ after: [] }] } });
    expect(drained()).toEqual([A]);
  });

  test("names the pools of which it would take the last one", async () => {
    const pools = { vpn: [A, B], rest: [B], guests: [B] };
    expect(await setUp({ pools }).ask("drain", "norway")).toMatchObject({
      code: "last-usable",
      detail: `norway (${B}) is the last usable gateway of pools "rest", "guests"; nothing was changed`,
    });
    expect(await setUp({ pools }).ask("drain", "sweden")).toMatchObject({
      result: { pools: [{ pool: "vpn", before: ALL.slice(0, 2), after: [ALL[1]!] }] },
    });
  });

  test("of two gateways at once leaves the last one", async () => {
    const { ask, drained, stored } = setUp({ pools: { rest: [A, B] } });
    const answers = await Promise.all([ask("drain", A), ask("drain", B)]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, false]);
    expect(drained()).toEqual([A]);
    expect(stored()).toHaveLength(1);
  });

  test("says where the kernel does not follow", async () => {
    const standing: Standing = { ok: false, code: "fight" };
    expect(await setUp({ standing }).ask("drain", A)).toMatchObject({
      ok: true,
      result: { pools: [{ kernel: { ok: false, why: "another program keeps undoing entries of this service" } }] },
    });
  });

  test("works where it cannot be remembered, and says so", async () => {
    const { ask, drained, log } = setUp({ file: "/proc/nowhere/drained.json" });
    expect(await ask("drain", A)).toMatchObject({
      ok: true,
      result: { unstored: expect.stringMatching(/^cannot write "\/proc\/nowhere\/drained.json": /) },
    });
    expect(drained()).toEqual([A]);
    expect(log()).toMatch(
      /cannot write .*: the|cannot write .*; the drained gateways will not be known after a restart/,
    );
  });
});

describe("undrain", () => {
  test("brings a gateway back, and forgets it", async () => {
    const { ask, drained, events, stored } = setUp();
    await ask("drain", "sweden");
    await ask("drain", C);
    expect(await ask("undrain", A)).toMatchObject({
      result: { changed: true, pools: [{ before: [ALL[1]!], after: ALL.slice(0, 2) }] },
    });
    expect(drained()).toEqual([C]);
    expect(events.at(-1)).toEqual({ type: "drained", gateway: A, drained: false, since: undefined });
    expect(stored()).toMatchObject([{ address: C }]);
  });

  test("of a gateway that is not drained changes nothing", async () => {
    expect(await setUp().ask("undrain", "norway")).toMatchObject({ ok: true, result: { changed: false } });
  });

  test("of a gateway that the configuration drains is refused", async () => {
    const gateways = [{ ...GATEWAYS[0]!, drained: true as const }, GATEWAYS[1]!];
    const { ask, drains } = setUp({ gateways });
    expect([...drains.addresses]).toEqual([A]);
    expect(await ask("undrain", "sweden")).toMatchObject({ code: "configured" });
    expect(await ask("drain", "sweden")).toMatchObject({ ok: true, result: { changed: false } });
  });
});

describe("after a restart", () => {
  const remembered = (...entries: readonly object[]): string => {
    const file = newFile();
    const drained = entries.map((entry) => ({ since: "2026-11-20T08:00:00.000Z", ...entry }));
    writeFileSync(file, JSON.stringify({ version: 1, drained }));
    return file;
  };

  test("a gateway stays drained, and that is reported as no change", () => {
    const { drains, events, log } = setUp({ file: remembered({ gateway: "sweden", address: A }) });
    expect([...drains.addresses]).toEqual([A]);
    drains.report();
    const since = Date.parse("2026-11-20T08:00:00.000Z");
    expect(events).toEqual([{ type: "drained", gateway: A, drained: true, since, initial: true }]);
    expect(log()).toBe("");
  });

  test("a gateway stays drained under another address, and under another name", () => {
    const moved = GATEWAYS.map((one) => (one.name === "sweden" ? { ...one, address: "10.77.0.99" } : one));
    const file = remembered({ gateway: "sweden", address: A });
    expect([...setUp({ gateways: moved, file }).drains.addresses]).toEqual(["10.77.0.99"]);
    const renamed = GATEWAYS.map((one) => (one.name === "sweden" ? { ...one, name: "malmo" } : one));
    expect([...setUp({ gateways: renamed, file }).drains.addresses]).toEqual([A]);
  });

  test("a gateway with the name counts before one with the address", () => {
    const gateways = [
      { address: A, name: "norway", probes: ["http"] as const, requirement: "all" as const },
      { address: B, name: "sweden", probes: ["http"] as const, requirement: "all" as const },
    ];
    const file = remembered({ gateway: "sweden", address: A });
    expect([...setUp({ gateways, file }).drains.addresses]).toEqual([B]);
  });

  test("an unknown gateway is warned of, kept, and forgotten by undrain", async () => {
    const file = remembered({ gateway: "denmark", address: "10.77.0.50" });
    const { drains, ask, log, stored, list } = setUp({ file });
    drains.report();
    expect(log()).toContain(`drained, but not among the gateways: "denmark" in "${file}"`);
    await ask("drain", "sweden");
    expect(stored()).toMatchObject([{ gateway: "denmark" }, { gateway: "sweden" }]);
    expect((await list()).result).toContainEqual({ label: "denmark", drained: true });
    expect(await ask("undrain", "denmark")).toMatchObject({
      ok: true,
      result: { gateway: { address: "10.77.0.50", name: "denmark" }, changed: true, pools: [] },
    });
    expect(stored()).toMatchObject([{ gateway: "sweden" }]);
  });

  test("a damaged file is reported, drains nothing, and is replaced by the next drain", async () => {
    const file = newFile();
    writeFileSync(file, "{");
    const { drains, ask, log, stored } = setUp({ file });
    expect(drains.addresses.size).toBe(0);
    expect(log()).toContain("it is damaged: no JSON object; no gateway is drained by it");
    await ask("drain", "sweden");
    expect(stored()).toHaveLength(1);
  });
});

test("all gateways are listed with the words that name them", async () => {
  const { ask, list } = setUp();
  await ask("drain", B);
  expect((await list()).result).toEqual([
    { label: "sweden", drained: false },
    { label: "norway", drained: true },
    { label: C, drained: false },
  ]);
});
