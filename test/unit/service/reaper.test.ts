import { describe, expect, test } from "bun:test";

import { createReaper, type Zombie, zombieIn } from "../../../src/service/reaper.ts";

/** A reaper among these zombies; `runtime` is what the runtime does with its own children before the reaper goes on. */
function setUp(zombies: Zombie[], runtime: () => void = () => {}) {
  const reaped: number[] = [];
  const reap = createReaper({
    zombies: () => [...zombies],
    wait(pid) {
      reaped.push(pid);
      zombies.splice(0, zombies.length, ...zombies.filter((one) => one.pid !== pid));
    },
    afterEvents: async () => runtime(),
  });
  return { reap, reaped };
}

const zombie = (pid: number, started = "100"): Zombie => ({ pid, started });

describe("orphans of PID 1", () => {
  test("are reaped when they are zombies in two observations", async () => {
    const { reap, reaped } = setUp([zombie(7), zombie(9)]);
    await reap();
    expect(reaped).toEqual([]);
    await reap();
    expect(reaped).toEqual([7, 9]);
    await reap();
    expect(reaped).toEqual([7, 9]);
  });

  test("are not mixed up with children that the runtime waits for, which it may do late", async () => {
    const zombies = [zombie(7), zombie(8)];
    const { reap, reaped } = setUp(zombies, () => zombies.splice(1, 1));
    await reap();
    await reap();
    expect(reaped).toEqual([7]);
  });

  test("are not mixed up with a later process of the same id", async () => {
    const zombies = [zombie(7, "100")];
    const { reap, reaped } = setUp(zombies);
    await reap();
    zombies[0] = zombie(7, "200");
    await reap();
    expect(reaped).toEqual([]);
    await reap();
    expect(reaped).toEqual([7]);
  });
});

describe("a line of /proc/PID/stat", () => {
  const line = (state: string, parent: number): string =>
    `35 (a) Z 1 (b) ${state} ${parent} 35 35 0 -1 4227084 98 0 0 0 0 0 0 0 39 19 1 0 174401 0 0 18446744073709551615`;

  test("is of a zombie by its state and its parent, whatever the name of its program is", () => {
    expect(zombieIn(line("Z", 1), 1)).toEqual({ pid: 35, started: "174401" });
    expect(zombieIn(line("S", 1), 1)).toBeUndefined();
    expect(zombieIn(line("Z", 20), 1)).toBeUndefined();
    expect(zombieIn("", 1)).toBeUndefined();
  });
});
