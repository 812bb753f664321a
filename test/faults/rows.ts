/** The rows as tests. scripts/faults runs each in a process of its own; by hand: bun test ./test/faults/rows.ts -t NAME */
import { expect, test } from "bun:test";
import { openLab } from "../e2e/lab/index.ts";
import { FAULTS } from "./all.ts";
import { Scene } from "./scene.ts";

test.each(FAULTS.map((fault) => [fault.name, fault] as const))("%s", async (_, fault) => {
  const scene = await Scene.open(await openLab(fault.lab));
  const seen = await fault.run(scene);
  expect(seen).not.toBe("");
  const memory = await scene.conclude();
  await Bun.write(process.env["FAULTS_REPORT"] ?? "/dev/stdout", `${JSON.stringify({ seen, memory })}\n`);
});
