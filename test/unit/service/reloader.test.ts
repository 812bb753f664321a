import { afterEach, describe, expect, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import type { Config } from "../../../src/config/model.ts";
import { isTableLocked, lockPreferences, lockTable } from "../../../src/service/instance-lock.ts";
import { FILE, setUp as setUpReloader } from "./reloader.fixture.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

async function setUp(...given: Parameters<typeof setUpReloader>) {
  const all = await setUpReloader(...given);
  closing.push(() => all.reloader.releaseAll());
  return all;
}

const MORE =
  '[[pool]]\nname = "more"\nfrom = ["10.99.0.0/24"]\nmembers = ["norway"]\ntable = 614500\npreference = 30000\n';

describe("a reload", () => {
  test("of the same file applies nothing", async () => {
    const { reloader, applied, events, lines } = await setUp();
    expect(await reloader.reload()).toMatchObject({ taken: true, open: [], remaining: [] });
    expect(applied).toEqual([]);
    expect(events).toEqual([{ type: "reload", problems: [] }]);
    expect(lines.join("")).toContain("c.toml is loaded: nothing has changed");
  });

  test("of a changed file applies it after listeners and drains have it, and says what changed by names", async () => {
    const { reloader, applied, steps, lines, write } = await setUp();
    write(`${FILE.replace('address = "10.0.0.1"', 'address = "10.0.0.1"\ndrained = true')}${MORE}`);
    const answer = await reloader.reload();
    expect(answer).toMatchObject({
      taken: true,
      difference: { gateways: { changed: ["sweden"] }, pools: { added: ["more"] } },
    });
    expect(steps).toEqual(["begin", "observers", "drains", "end"]);
    expect(applied.map(({ pools }) => pools.map(({ name }) => name))).toEqual([["vpn", "rest", "more"]]);
    expect(reloader.config).toBe(applied[0]!);
    expect(lines.join("")).toContain("c.toml is loaded: gateways: changed sweden; pools: added more");
  });

  test("with problems applies nothing, and logs each with its place", async () => {
    const { reloader, applied, events, lines, write } = await setUp();
    write(`${FILE}colour = 1\n[[pool]]\nname = "vpn"\n`);
    const answer = await reloader.reload();
    expect(answer).toMatchObject({ taken: false });
    expect(applied).toEqual([]);
    expect(events).toEqual([{ type: "reload", problems: expect.arrayContaining([expect.stringContaining("colour")]) }]);
    const log = lines.join("");
    expect(log).toContain("c.toml is not loaded: ");
    expect(log).toContain("the configuration from before stays in force");
    expect(log).toMatch(/not loaded: c\.toml:\d+:\d+: \[\[pool]] .*colour/);
  });

  test("names pools that the kernel does not follow yet", async () => {
    const { reloader, write, ends } = await setUp();
    write(`${FILE}${MORE}`);
    const error = { code: "ip", detail: "ip is broken" } as const;
    ends({ standings: [{ name: "more", standing: { ok: false, code: "trouble", error } }], remaining: ["old"] });
    expect(await reloader.reload()).toMatchObject({
      open: [{ pool: "more", kernel: { ok: false, why: "ip is broken" } }],
      remaining: ["old"],
    });
  });
});

test("a reload while a former pool is still in the kernel is declined, and says what that waits for", async () => {
  const { reloader, applied, leaving, write } = await setUp();
  leaving.push({ ...reloader.config.pools[0], name: "old", table: 614_600, preference: 29_000 });
  write(`${FILE}${MORE}`);
  expect(await reloader.reload()).toEqual({
    taken: false,
    problems: [
      "the former pool old is still in the kernel: it goes once ip works and the pool that replaces it is there without a conflict; see status, and reload then",
    ],
  });
  expect(applied).toEqual([]);
});

test("a reload while a family that a pool routes no more is still in the kernel is declined as well", async () => {
  const { reloader, leaving, write } = await setUp();
  const [vpn] = reloader.config.pools;
  leaving.push({ ...vpn, route: [parseCidr("::/0", [6])!] });
  write(`${FILE}${MORE}`);
  expect(await reloader.reload()).toEqual({
    taken: false,
    problems: ["IPv6 of pool vpn is still in the kernel: it goes once ip works; reload then"],
  });
});

describe("reloads at once", () => {
  test("follow each other, and those that are asked for during one share the next", async () => {
    const { reloader, applied, steps, write, hold } = await setUp();
    const release = hold();
    write(`${FILE}${MORE}`);
    const first = reloader.reload();
    await Bun.sleep(1);
    const [second, third] = [reloader.reload(), reloader.reload()];
    expect(second).toBe(third);
    write(FILE);
    release();
    expect(await first).toMatchObject({ taken: true });
    expect(await second).toMatchObject({ difference: { pools: { removed: ["more"] } } });
    expect(applied).toHaveLength(2);
    expect(steps.filter((one) => one === "begin" || one === "end")).toEqual(["begin", "end", "begin", "end"]);
  });

  test("are declined once the service stops, and a stop waits for one under way only for a while", async () => {
    const { reloader, applied, write, hold } = await setUp();
    const release = hold();
    write(`${FILE}${MORE}`);
    const first = reloader.reload();
    await Bun.sleep(1);
    const start = performance.now();
    await reloader.stop(50);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await Promise.race([reloader.reload(), Bun.sleep(5)])).toBeUndefined();
    release();
    expect(await first).toEqual({ taken: false, problems: ["the service stops"] });
    expect(applied).toEqual([]);
    expect(await reloader.reload()).toEqual({ taken: false, problems: ["the service stops"] });
  });
});

describe("locks", () => {
  test("of new pools are taken before anything is applied, and released when they go", async () => {
    const { reloader, write } = await setUp();
    write(`${FILE}${MORE}`);
    await reloader.reload();
    expect(await isTableLocked(614_500)).toBe(true);
    write(FILE);
    await reloader.reload();
    expect(await isTableLocked(614_500)).toBe(false);
    expect(await isTableLocked(614_180)).toBe(true);
  });

  test("that another instance has reject the file, and no lock is left of it", async () => {
    const { reloader, applied, write } = await setUp();
    const other = lockTable(614_500)!;
    closing.push(() => other.release());
    write(`${FILE}${MORE}`);
    expect(await reloader.reload()).toMatchObject({
      taken: false,
      problems: [expect.stringContaining("another instance manages table 614500")],
    });
    expect(applied).toEqual([]);
    other.release();
    expect(await reloader.reload()).toMatchObject({ taken: true });
  });

  test("let a pool get a kill switch, and lose it, at its own preference", async () => {
    const { reloader, write } = await setUp();
    write(FILE.replace("preference = 31000", 'preference = 31000\nwhen-no-gateways = "unreachable"'));
    expect(await reloader.reload()).toMatchObject({ taken: true });
    write(FILE);
    expect(await reloader.reload()).toMatchObject({ taken: true });
  });
});

describe("pools that take each other's places", () => {
  const SWAPPED = FILE.replace("= 31000", "= X")
    .replace("= 31008", "= 31000")
    .replace("= X", "= 31008")
    .replace('from = ["10.78.0.0/24"]\n', "")
    .replace('name = "rest"\n', 'name = "rest"\nfrom = ["10.78.0.0/24"]\n');
  const placesIn = ({ pools }: Config) => pools.map(({ name, preference }) => `${name} ${preference}`);

  test("go behind all of them first", async () => {
    const { reloader, applied, write } = await setUp();
    write(SWAPPED);
    expect(await reloader.reload()).toMatchObject({ taken: true, difference: { pools: { changed: ["vpn", "rest"] } } });
    expect(applied.map(placesIn)).toEqual([
      ["vpn 31024", "rest 31016"],
      ["vpn 31008", "rest 31000"],
    ]);
    expect(await reloader.reload()).toMatchObject({ taken: true, difference: { pools: { changed: [] } } });
    expect(applied).toHaveLength(2);
  });

  test("stay there while the kernel does not let go of what they had, and get there by the next reload", async () => {
    const { reloader, applied, write, ends } = await setUp();
    ends({ standings: [], remaining: ["vpn"] });
    write(SWAPPED);
    expect(await reloader.reload()).toMatchObject({
      ...{ taken: true, remaining: ["vpn"] },
      warnings: [expect.stringContaining("for the meantime")],
    });
    expect(placesIn(reloader.config)).toEqual(["vpn 31024", "rest 31016"]);
    ends({ standings: [], remaining: [] });
    expect(await reloader.reload()).toMatchObject({ taken: true });
    expect(placesIn(reloader.config)).toEqual(["vpn 31008", "rest 31000"]);
    expect(applied).toHaveLength(2);
  });

  test("get no further once the service stops, so that nothing is left in the kernel", async () => {
    const { reloader, applied, write, hold } = await setUp();
    write(SWAPPED);
    const read = hold();
    const done = reloader.reload();
    await Bun.sleep(1);
    const apply = hold();
    read();
    while (applied.length === 0) await Bun.sleep(1);
    await reloader.stop(10);
    apply();
    await done;
    expect(applied).toHaveLength(1);
  });

  test("stay where they are when another instance has one of the places on their way", async () => {
    const { reloader, applied, write } = await setUp();
    const other = await lockPreferences(31_016, true);
    if ("rival" in other) throw new Error("preference 31016 is locked");
    closing.push(() => other.release());
    write(SWAPPED);
    expect(await reloader.reload()).toMatchObject({ taken: false, problems: [expect.stringContaining("31016")] });
    expect(applied).toEqual([]);
    expect(await isTableLocked(614_180)).toBe(true);
  });
});

test("the command is declined where the service has no file", async () => {
  const { reloader } = await setUp();
  expect(await reloader.handler({ command: "reload" })).toMatchObject({ ok: true, result: { taken: true } });
});
