/** One long walk as a test; scripts/faults --walk runs it. WALK_SEED and WALK_SECONDS say which. */
import { expect, test } from "bun:test";
import { openLab } from "../e2e/lab/index.ts";
import { Scene } from "./scene.ts";
import { walk } from "./walk.ts";

const seed = Number(process.env["WALK_SEED"]);
const milliseconds = Number(process.env["WALK_SECONDS"]) * 1000;

test(`a walk with seed ${seed}`, async () => {
  const scene = await Scene.open(await openLab({ gateways: 4 }));
  scene.mostComplaints = Infinity;
  const start = performance.now();
  const say = (line: string): void => console.log(`${((performance.now() - start) / 1000).toFixed(0)} s: ${line}`);
  const { bursts, faults, slowest } = await walk(scene, { seed, milliseconds, say });
  const memory = await scene.conclude();
  expect(bursts).toBeGreaterThan(0);
  console.log(`${faults} faults in ${bursts} bursts; right after ${slowest.toFixed(1)} s at worst; +${memory} MiB`);
});
