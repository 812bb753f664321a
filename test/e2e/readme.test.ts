/** The start that the README promises: its lines in a new clone, as a newcomer types them. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { blocksOf, README, ROOT } from "../fixtures/documents.ts";
import { addressOf, IP, type Lab, openLab } from "./lab/index.ts";

setDefaultTimeout(120_000);

const clone = mkdtempSync(join(tmpdir(), "grm-readme-"));
afterAll(() => rmSync(clone, { recursive: true }));

const [start] = blocksOf(README.text.slice(README.text.indexOf("## 30-second start")), "sh");
const [build, check, serve] = start!
  .replaceAll("192.168.1.10", addressOf(1))
  .replaceAll("192.168.1.12", addressOf(3))
  .replaceAll(/ +#.*/g, "")
  .trimEnd()
  .split("\n");

/** Starts a line in the clone, on the router of a lab. */
function type(line: string, lab: Lab) {
  const env = { ...process.env, ...lab.ownFiles() };
  const words = [IP, "netns", "exec", lab.router.name, "sh", "-c", `exec ${line}`];
  return Bun.spawn(words, { cwd: clone, env, stdout: "pipe", stderr: "inherit" });
}

test("a clone becomes a service that routes, within 30 seconds of work of the processor", async () => {
  const lab = await openLab({ gateways: 3 });
  const before = await lab.snapshot();
  const began = performance.now();
  Bun.spawnSync(["git", "clone", "--quiet", ROOT, clone]);
  const made = Bun.spawnSync(build!.split(" "), { cwd: clone, stdout: "ignore", stderr: "inherit" });
  expect(made.exitCode).toBe(0);

  const checked = type(check!, lab);
  // On a busy machine it may find that a gateway does not answer in time.
  expect(await checked.stdout.text()).toMatch(/^(all is well|\d+ errors?, \d+ warnings?)$/m);

  const service = type(serve!, lab);
  await lab.untilRouted([1, 2, 3]);
  const used = (made.resourceUsage.cpuTime.total + checked.resourceUsage()!.cpuTime.total) / 1_000_000n;
  console.log(`from a clone to routes: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  expect(Number(used)).toBeLessThan(30);

  service.kill("SIGTERM");
  expect(await service.exited).toBe(0);
  expect(await lab.snapshot()).toBe(before);
});
