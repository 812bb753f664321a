/** One long random walk as a test, which scripts/faults --walk runs with WALK_SEED and WALK_SECONDS. */
import { expect, test } from "bun:test";
import { openLab } from "../e2e/lab/index.ts";
import { Scene } from "./scene.ts";
import { walk } from "./walk.ts";

const seed = Number(process.env["WALK_SEED"]);
const milliseconds = Number(process.env["WALK_SECONDS"]) * 1000;

test(`rules and routes are exact after each burst of a random walk with seed ${seed}`, async () => {
  const scene = await Scene.open(await openLab({ gateways: 4 }));
  scene.mostWarnings = Infinity;
  const start = performance.now();
  const log = (line: string): void => console.log(`${((performance.now() - start) / 1000).toFixed(0)} s: ${line}`);
  const { bursts, faults, slowest } = await walk(scene, { seed, milliseconds, log });
  const memory = await scene.conclude();
  expect(bursts).toBeGreaterThan(0);
  console.log(`${faults} faults in ${bursts} bursts; exact within ${slowest.toFixed(1)} s; +${memory} MiB of memory`);
});
