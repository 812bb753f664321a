/** What is different from the earlier program, as the guide lists it (scripts/differences.ts), shown by the executable. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { DIFFERENCES } from "../../scripts/differences.ts";
import { EXECUTABLE, openLab, PREFERENCE, PROTOCOL, TABLE } from "./lab/index.ts";

setDefaultTimeout(60_000);

const commands = DIFFERENCES.flatMap(({ area, what, proof }) => ("command" in proof ? [{ area, what, ...proof }] : []));

test.each(commands)("$area: $what", async ({ command, env, status, says }) => {
  const child = Bun.spawn([EXECUTABLE, ...command], {
    env: { PATH: "/usr/bin", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect(status === 0 ? stdout : stderr).toMatch(says);
  expect(await child.exited).toBe(status);
});

test("one rule and throw routes do what 16 rules did", async () => {
  const lab = await openLab();
  await lab.start().untilReady();
  const own = (await lab.rules()).filter(({ priority }) => priority > 0 && priority < 32_766);
  expect(own).toMatchObject([{ priority: PREFERENCE, src: "all", table: String(TABLE), protocol: PROTOCOL }]);
  const routes = await lab.routes();
  expect(new Set(routes.map(({ protocol }) => protocol))).toEqual(new Set([PROTOCOL]));
  expect(routes.filter(({ type }) => type === "throw").length).toBeGreaterThan(14);
  expect(await lab.routes(TABLE + 1)).toEqual([]);
  const main = (await lab.routes(254)).filter(({ dst }) => dst === "default");
  expect(main.map(({ protocol }) => protocol)).not.toContain(PROTOCOL);
  expect(routes.filter(({ dst, type = "unicast" }) => dst === "default" && type === "unicast")).toHaveLength(1);
});

test("route updates are counted when something changes, and cycles always", async () => {
  const lab = await openLab();
  const daemon = lab.start({ "check-period": "100ms", timeout: "100ms" });
  await daemon.untilReady();
  const update = { operation: "update", status: "success" };
  const cycles = (least: number) =>
    daemon.untilMetrics(`${least} cycles`, (it) => it.value("check_cycles_total") >= least);
  const before = await cycles(2);
  const after = await cycles(before.value("check_cycles_total") + 5);
  const updates = before.value("route_updates_total", update);
  expect(updates).toBeGreaterThan(0);
  expect(after.value("route_updates_total", update)).toBe(updates);
  expect(after.value("route_updates_total", { operation: "add", status: "success" })).toBe(1);
  expect(after.value("route_update_duration_seconds_count")).toBe(updates);
  expect(after.value("route_update_duration_seconds_sum")).toBeGreaterThan(0.0002 * updates);
});

test("the log is logfmt, and the port has a page beside the metrics", async () => {
  const lab = await openLab();
  const daemon = lab.start();
  await daemon.untilReady();
  expect(daemon.log.matching(/^time=\S+Z level=info msg="/).length).toBeGreaterThan(1);
  const metrics = await daemon.metrics();
  const names = [...metrics.types.keys()];
  expect(names.filter((name) => name.startsWith("go_"))).toEqual([]);
  expect(names.some((name) => name.startsWith("process_"))).toBe(true);
  expect((await daemon.get("/")).status).toBe(200);
  expect((await daemon.get("/readyz")).status).toBe(200);
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" }); // the log is standard output alone
});

test("the executable has its runtime in it", () => {
  const megabytes = Bun.file(EXECUTABLE).size / 1e6;
  expect(megabytes).toBeGreaterThan(100);
  expect(megabytes).toBeLessThan(140);
});
