/**
 * -when-no-gateways and -on-exit: what happens to managed and excluded destinations without a usable gateway, from the
 * start on, during flaps, after kills, and while other programs change rules and routes.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  addressOf,
  answering,
  CALM,
  CLIENT,
  type Daemon,
  hanging,
  INTERNET,
  type Lab,
  openLab,
  PREFERENCE,
  refusing,
  ROUTER,
  TABLE,
  UPSTREAM,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

/** Packets to managed destinations are rejected while no gateway is usable. */
const REJECTING = { ...CALM, "when-no-gateways": "unreachable" };

/** The table that routes a packet from the client, or the kernel's error for the packet. */
async function tableOrError(lab: Lab, destination = INTERNET): Promise<string> {
  return lab.forwardedRoute(destination).then(
    ({ table }) => table,
    (error: Error) => /answers: (.*?) \(/.exec(error.message)?.[1] ?? error.message,
  );
}

/** The router's rules and routes as sorted text, so that the order in which they were added does not matter. */
async function entries(lab: Lab): Promise<string> {
  return (await lab.snapshot()).split("\n").sort().join("\n");
}

/** Expects that excluded destinations are routed by the main table. */
async function expectExcluded(lab: Lab): Promise<void> {
  for (const address of [CLIENT, addressOf(1), UPSTREAM]) {
    expect((await lab.localRoute(address)).table).toBe("main");
  }
  expect(await tableOrError(lab, "9.9.9.9")).toBe("main");
}

const EXCLUDING = { "exclude-cidr": "9.0.0.0/8" };

describe("-when-no-gateways unreachable, prohibit or blackhole", () => {
  test("a stop during the start removes the rules and routes that were added so far", async () => {
    const lab = await openLab();
    const before = await lab.snapshot();
    const many = Array.from({ length: 1000 }, (_, index) => `9.${index >> 8}.${index & 255}.1/32`);
    const { events } = await lab.monitor();
    const daemon = lab.start({ ...REJECTING, "exclude-cidr": many });
    await events.next(new RegExp(`\\[RULE\\]${PREFERENCE + 1}:`)); // the first of a thousand
    expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
    expect(await lab.snapshot()).toBe(before);
  });

  test.each([
    ["unreachable", "No route to host"],
    ["prohibit", "Permission denied"],
    ["blackhole", "Invalid argument"],
  ])(
    "%s rejects packets from the start on while no gateway is healthy, and a stop removes that",
    async (mode, error) => {
      const lab = await openLab();
      const before = await lab.snapshot();
      for (const gateway of lab.gateways) gateway.becomes(hanging);
      const daemon = lab.start({ ...CALM, ...EXCLUDING, "when-no-gateways": mode });
      await daemon.log.next(/msg="probing/);
      expect(await tableOrError(lab)).toBe(error); // no probe has ended yet
      await expectExcluded(lab);
      await daemon.untilReady();
      expect(await tableOrError(lab)).toBe(error);
      for (const gateway of lab.gateways) gateway.becomes(answering(200));
      await lab.untilRouted([1, 2, 3]);
      expect(await tableOrError(lab)).toBe(String(TABLE));
      await expectExcluded(lab);
      for (const gateway of lab.gateways) gateway.becomes(refusing);
      await lab.untilRouted([]);
      expect(await tableOrError(lab)).toBe(error);
      await expectExcluded(lab);
      expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
      expect(await lab.snapshot()).toBe(before);
    },
  );

  test.each([
    ["the table is flushed", ["route flush table 180"]],
    [
      "table and rule are deleted and the rejecting rules stay",
      ["route flush table 180", `rule del pref ${PREFERENCE}`],
    ],
    ["a rejecting rule is deleted", [`rule del pref ${PREFERENCE + 2} to 0.0.0.0/1 unreachable`]],
    ["the interface goes down and up", ["link set gw0 down", "link set gw0 up"]],
    [
      "the interface's address is removed and added",
      [`address del ${ROUTER}/24 dev gw0`, `address add ${ROUTER}/24 dev gw0`],
    ],
  ])("no packet bypasses the gateways while %s, and rules and routes are restored", async (_, commands) => {
    const lab = await openLab();
    await lab.start({ ...REJECTING, ...EXCLUDING }).untilReady();
    await lab.untilRouted([1, 2, 3]);
    const whole = await entries(lab);
    // So many that each gateway has one of them: of 16, none hashes to one of three in one stream of 220.
    const load = { flows: 64, packetsPerSecond: 2000, limit: 1_000_000, lossy: true };
    const streams = [await lab.traffic.stream(load), await lab.traffic.stream({ ...load, from: lab.router })];
    for (const stream of streams) await stream.more(200);
    await lab.router.batch(commands);
    await lab.until(
      "the rules and routes to be restored",
      () => entries(lab),
      (now) => now === whole,
    );
    for (const stream of streams) {
      await stream.more(200);
      const { arrived } = await stream.stop();
      expect(Object.keys(arrived).sort()).toEqual([1, 2, 3].map(addressOf));
    }
  });

  test("packets are rejected after a kill, and the next start takes rules and routes over without moving a flow", async () => {
    const lab = await openLab();
    const first = lab.start(REJECTING);
    await lab.untilRouted([1, 2, 3]);
    await first.untilReady();
    await first.kill();
    await lab.router.batch(["link set gw0 down", "link set gw0 up"]);
    expect(await tableOrError(lab)).toBe("No route to host");
    await lab.router.ip("route", "flush", "table", String(TABLE));
    expect(await tableOrError(lab)).toBe("Network is unreachable"); // by the rejecting rules alone
    const second = lab.start(REJECTING);
    await lab.untilRouted([1, 2, 3]);
    await second.untilReady();
    const whole = await lab.snapshot();
    await second.kill();

    const flows = await lab.traffic.survey(100);
    const monitor = await lab.monitor();
    const third = lab.start(REJECTING);
    await third.untilReady();
    await third.untilRounds(2);
    expect(monitor.events.matching(/\[(RULE|ROUTE)\]/)).toEqual([]);
    expect(await lab.snapshot()).toBe(whole);
    expect(await lab.traffic.survey(100)).toEqual(flows);
  });

  test("a start with another -when-no-gateways leaves exactly the rules and routes of the new value", async () => {
    const lab = await openLab();
    const wanted = new Map<string, string>();
    const modes = ["fall-through", "unreachable", "blackhole", "keep", "prohibit", "fall-through"];
    for (const mode of modes) {
      const daemon = lab.start({ ...CALM, "when-no-gateways": mode });
      await daemon.untilReady();
      await lab.untilRouted([1, 2, 3]);
      wanted.set(mode, await entries(lab));
      await daemon.stop();
    }
    for (const mode of [...modes, ...modes.toReversed()]) {
      const daemon = lab.start({ ...CALM, "when-no-gateways": mode });
      await daemon.untilReady();
      await lab.until(
        `the rules and routes of ${mode}`,
        () => entries(lab),
        (now) => now === wanted.get(mode),
      );
      await daemon.kill();
    }
  });

  test("a start with another table and preference removes the rejecting rules of a killed instance", async () => {
    const lab = await openLab();
    const before = await lab.snapshot();
    const first = lab.start(REJECTING);
    await first.untilReady();
    await first.kill();
    const second = lab.start({ ...CALM, "first-routing-table-id": 200, "first-rule-preference": 9000 });
    await second.log.next(/removed \d+ entries that an earlier run left in table 180/);
    await second.stop();
    expect(await lab.snapshot()).toBe(before);
  });
});

test("an instance whose rule preferences overlap with those of a running one does not start", async () => {
  const lab = await openLab();
  const first = lab.start({ ...REJECTING, route: "1.0.0.0/8" });
  await first.untilReady();
  const whole = await lab.snapshot();
  const other = { ...CALM, "first-routing-table-id": 181, "metrics-port": 9091, route: "9.0.0.0/8" };
  const cases = [
    { "first-rule-preference": 10889 },
    { "first-rule-preference": 10886, "when-no-gateways": "prohibit" },
  ];
  for (const flags of cases) {
    const { status, stderr } = await lab.start({ ...other, ...flags }).ended();
    expect(status).toBe(1);
    expect(stderr).toContain("another running instance with -first-rule-preference 10888 overlaps");
  }
  expect(await lab.snapshot()).toBe(whole);
  const second = lab.start({ ...other, "first-rule-preference": 10892, "when-no-gateways": "blackhole" });
  await second.untilReady();
  await first.untilReady();
  expect(await tableOrError(lab, "1.1.1.1")).toBe("180");
  expect(await tableOrError(lab, "9.9.9.9")).toBe("181");
  for (const gateway of lab.gateways) gateway.becomes(refusing);
  await lab.until(
    "both errors",
    async () => [await tableOrError(lab, "1.1.1.1"), await tableOrError(lab, "9.9.9.9")].join(),
    (text) => {
      return text === "No route to host,Invalid argument";
    },
  );
  expect(await tableOrError(lab)).toBe("main"); // neither instance manages it
  await second.stop();
  expect(await lab.snapshot().then((text) => text.includes("10895"))).toBe(false);
  await first.stop();
});

describe("-when-no-gateways keep", () => {
  test("the last route stays while all gateways are down, and no route is added before one was healthy", async () => {
    const lab = await openLab();
    for (const gateway of lab.gateways) gateway.becomes(refusing);
    const daemon = lab.start({ ...CALM, "when-no-gateways": "keep" });
    await daemon.untilReady();
    expect(await tableOrError(lab)).toBe("main");
    for (const number of [1, 2]) lab.gateway(number).becomes(answering(200));
    await lab.untilRouted([1, 2]);
    lab.gateway(2).becomes(refusing);
    await lab.untilRouted([1]);
    lab.gateway(1).becomes(refusing);
    await daemon.log.next(/gateway 10\.77\.0\.11 down.*\(0 of 3 healthy\)/);
    await daemon.untilRounds(2);
    await lab.untilRouted([1]);
    const { body } = await daemon.get("/api/v1/status");
    expect(JSON.parse(body)).toMatchObject({
      verdict: "down",
      why: expect.stringContaining("the last routes are kept"),
    });

    await lab.router.batch(["link set gw0 down", "link set gw0 up"]);
    await lab.untilRouted([1]);
    lab.gateway(3).becomes(answering(200));
    await lab.untilRouted([3]);
  });
});

describe("-on-exit keep", () => {
  test.each(["fall-through", "unreachable"])(
    "a stop keeps all rules and routes (-when-no-gateways %s), and the next start takes them over unchanged",
    async (mode) => {
      const lab = await openLab();
      const before = await lab.snapshot();
      const flags = { ...CALM, "when-no-gateways": mode, "on-exit": "keep" };
      const first = lab.start(flags);
      await first.untilReady();
      await lab.untilRouted([1, 2, 3]);
      const whole = await lab.snapshot();
      const { status, stdout } = await first.stop();
      expect(status).toBe(0);
      expect(await lab.snapshot()).toBe(whole);

      const monitor = await lab.monitor();
      const second = lab.start(flags);
      await second.untilReady();
      expect(monitor.events.matching(/\[(RULE|ROUTE)\]/)).toEqual([]);
      await second.kill();
      const remedy = /To remove it by hand: (.*)"/.exec(stdout)![1]!;
      for (const command of remedy.split("; ")) await lab.router.ip(...command.split(" ").slice(1));
      expect(await lab.snapshot()).toBe(before);
    },
  );
});

test("status, explain, plan, check and metrics show the rejecting rules and routes as the service's own", async () => {
  const lab = await openLab();
  const daemon = lab.start(REJECTING);
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
  const run = async (...command: string[]) =>
    (await lab.start({ ...REJECTING, json: true }, { command }).ended()).stdout;
  expect(JSON.parse(await run("plan")).kernel).toEqual({ commands: [], cleaning: [], obstacles: [] });
  const { routing } = await statusOf(daemon);
  expect(routing).toMatchObject({
    standing: { ok: true },
    whenNoGateways: "unreachable",
    routes: [{ type: "unicast" }, { type: "unreachable", metric: 4294967295, nexthops: [] }],
  });
  const { exclusions } = routing;
  expect((await daemon.metrics()).value("default_route_gateways_count")).toBe(3);
  expect(await daemon.get("/readyz?usable")).toMatchObject({ status: 200, body: "ok: 3 of 3 gateways are usable\n" });

  for (const gateway of lab.gateways) gateway.becomes(refusing);
  await lab.untilRouted([]);
  await daemon.untilMetrics("no gateway", (it) => it.value("default_route_gateways_count") === 0);
  expect(await daemon.get("/readyz")).toMatchObject({ status: 200 });
  expect(await daemon.get("/readyz?usable")).toMatchObject({ status: 503, body: "not ok: no gateway is usable\n" });
  const down = await statusOf(daemon);
  expect(down).toMatchObject({ verdict: "down", why: expect.stringContaining("(-when-no-gateways unreachable)") });
  expect(down.routing).toMatchObject({ exclusions, routes: [{ type: "unreachable" }] });
  expect(JSON.parse(await run("explain", INTERNET))).toMatchObject({
    deviation: expect.stringContaining("-when-no-gateways"),
    unexplained: false,
  });
  expect(JSON.parse(await run("explain", CLIENT))).toMatchObject({ deviation: null, unexplained: false });
  const findings = JSON.parse(await run("check")).findings as { topic: string; level: string; message: string }[];
  expect(findings.filter(({ topic }) => topic === "rules 10888 to 10891")).toMatchObject([
    { level: "ok", message: "are those of the running instance" },
  ]);
});

async function statusOf(daemon: Daemon) {
  return JSON.parse((await daemon.get("/api/v1/status")).body);
}
