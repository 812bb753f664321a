/** /usable, healthcheck -usable, -track-file and -marker-route: by what a pair of routers and routing daemons follow. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import {
  address6Of,
  addressOf,
  answering,
  CALM,
  type Daemon,
  hanging,
  type Lab,
  openLab,
  refusing,
  runExecutable,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

/** A file in a folder that is still to be made. */
const trackFileIn = (lab: Lab): string => join(dirname(lab.file("marker", "")), "run", "usable");

const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "(missing)");

const untilHolds = (lab: Lab, path: string, text: string): Promise<string> =>
  lab.until(
    `${path} to hold ${text.trim()}`,
    () => read(path),
    (found) => found === text,
  );

async function usable(daemon: Daemon, query = ""): Promise<string> {
  const { status, body } = await daemon.get(`/usable${query}`);
  return `${status} ${body.trim()}`;
}

test("the service is usable while it has enough gateways, which every way of asking says", async () => {
  const lab = await openLab({ gateways: 3 });
  const path = trackFileIn(lab);
  const flags: Record<string, string | number> = { "usable-min": 2, "track-file": path };
  const daemon = lab.start(flags);
  await untilHolds(lab, path, "3\n");
  expect(await usable(daemon)).toBe("200 ok: 3 of 3 gateways are usable");
  lab.gateway(1).becomes(refusing);
  await untilHolds(lab, path, "2\n");
  lab.gateway(2).becomes(refusing);
  await untilHolds(lab, path, "0\n"); // one is left, and two have to be
  expect(await usable(daemon)).toBe("503 not ok: 1 of 3 gateways is usable, fewer than 2");
  expect((await daemon.get("/healthz")).status).toBe(200);
  const asked = await runExecutable(lab.router, ["healthcheck", "-usable"]);
  expect(asked).toMatchObject({ status: 1, stdout: expect.stringContaining("not ok: 1 of 3") });
  expect((await runExecutable(lab.router, ["healthcheck"])).status).toBe(0);
  lab.gateway(1).becomes(answering(200));
  await untilHolds(lab, path, "2\n");
  expect((await runExecutable(lab.router, ["healthcheck", "-usable"])).status).toBe(0);
  const metrics = (await daemon.get("/metrics")).body;
  expect(metrics).toMatch(/^gateways_usable_count 2$/m);
  await daemon.stop();
  expect(read(path)).toBe("0\n");
});

test("a file that a killed run left says that nothing is usable until the first round of the next run is over", async () => {
  const lab = await openLab({ gateways: 2 });
  const path = trackFileIn(lab);
  const first = lab.start({ ...CALM, "track-file": path });
  await untilHolds(lab, path, "2\n");
  await first.kill();
  expect(read(path)).toBe("2\n"); // which is why a tracker of the process belongs beside it
  for (const gateway of lab.gateways) gateway.becomes(hanging);
  lab.start({ ...CALM, timeout: "900ms", "track-file": path });
  await untilHolds(lab, path, "0\n");
  for (const gateway of lab.gateways) gateway.becomes(answering(200));
  await untilHolds(lab, path, "2\n");
});

test("a start that fails leaves the file at nothing usable, and one beside a running instance leaves it alone", async () => {
  const lab = await openLab({ gateways: 2 });
  const path = trackFileIn(lab);
  const flags = { ...CALM, "track-file": path, "track-file-format": "shell" };
  const daemon = lab.start(flags);
  await untilHolds(lab, path, "usable=2 total=2 least=1 state=usable\n");
  expect((await lab.start(flags).ended()).status).toBe(1);
  expect(read(path)).toBe("usable=2 total=2 least=1 state=usable\n");
  await daemon.kill();
  const failed = await lab.start({ ...flags, "metrics-address": "192.0.2.1" }).ended();
  expect(failed.status).toBe(1);
  expect(read(path)).toBe("usable=0 total=2 least=1 state=stopped\n");
});

describe("a marker", () => {
  const MARKER = "192.0.2.173";
  const MARKER6 = "2001:db8::173";
  const flags = { ...CALM, "marker-route": `${MARKER}/32` };

  /** The markers in the main table, as `ip` prints them. */
  const markers = async (lab: Lab, address = MARKER): Promise<string> =>
    (await lab.router.ip(...(address === MARKER6 ? ["-6"] : []), "route", "show", "exact", address)).trim();

  const untilMarked = (lab: Lab, stands: boolean, address?: string): Promise<string> =>
    lab.until(
      `a marker ${stands ? "to stand" : "to be gone"}`,
      () => markers(lab, address),
      (text) => text.startsWith("blackhole") === stands,
    );

  test("stands while the pool is usable, is put back, and is never replaced", async () => {
    const lab = await openLab({ gateways: 2 });
    const monitor = await lab.monitor();
    const daemon = lab.start(flags);
    await untilMarked(lab, true);
    expect(await markers(lab)).toBe(`blackhole ${MARKER} proto 173 metric 180`);
    lab.gateway(1).becomes(refusing);
    await lab.untilRouted([2]);
    await lab.router.ip("route", "del", "blackhole", MARKER, "metric", "180");
    await untilMarked(lab, true);
    lab.gateway(2).becomes(refusing);
    await untilMarked(lab, false);
    lab.gateway(1).becomes(answering(200));
    await untilMarked(lab, true);
    await daemon.kill();
    expect(await markers(lab)).toStartWith("blackhole");
    const next = lab.start(flags);
    await next.untilReady();
    expect(await markers(lab)).toStartWith("blackhole");
    await next.stop();
    expect(await markers(lab)).toBe("");
    await monitor.caughtUp();
    const seen = monitor.events.matching(/blackhole 192\.0\.2\.173 /).map(({ text }) => text.includes("Deleted"));
    expect(seen).toEqual([false, true, false, true, false, true]); // added and deleted in turn
  });

  test("of a killed run without a marker option after it is removed", async () => {
    const lab = await openLab({ gateways: 1 });
    const daemon = lab.start(flags);
    await untilMarked(lab, true);
    await daemon.kill();
    lab.start(CALM);
    await untilMarked(lab, false);
  });

  test("of each family follows the gateways of that family", async () => {
    const lab = await openLab({ gateways: 1, ipv6: true });
    const both = { gateway: `${addressOf(1)}+${address6Of(1)}`, route: "default,default6" };
    lab.start({ ...CALM, ...both, "marker-route": `${MARKER}/32,${MARKER6}/128` });
    await untilMarked(lab, true, MARKER6);
    await untilMarked(lab, true);
    lab.gateway6(1).becomes(refusing);
    await untilMarked(lab, false, MARKER6);
    expect(await markers(lab)).toStartWith("blackhole");
  });

  test("is refused in a place of another program", async () => {
    const lab = await openLab({ gateways: 1 });
    await lab.router.ip("route", "add", "unreachable", MARKER);
    const { status, stderr } = await lab.start(flags).ended();
    expect(status).toBe(1);
    const why = "the main table has a route of another program to it (proto 3, metric 0)";
    expect(stderr).toContain(`-marker-route ${MARKER}/32: ${why}; choose another network, without hosts`);
  });
});
