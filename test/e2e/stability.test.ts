/** The optional settings that keep routes stable while gateways flap or fail together, and the common-cause report. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { addressOf, answering, CALM, type Lab, openDdnsLab, openLab, runExecutable, TABLE } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** The text that the status command prints for the service on the router. */
const statusOf = async (lab: Lab): Promise<string> => (await runExecutable(lab.router, ["status"])).stdout;

const up = answering(200);
const down = answering(500);

test("with -fast-check-period a gateway leaves after -fall failures within one check period, and is then probed slowly", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.start({ "check-period": "4s", timeout: "1s", fall: 3, rise: 3, "fast-check-period": "100ms" });
  await lab.untilRouted([1, 2]);
  const monitor = await lab.monitor();
  const { requests } = lab.gateway(2);

  lab.gateway(2).becomes(answering(500));
  const first = await lab.gateway(2).nextAnswer(500);
  await lab.untilRouted([1]);
  const [change] = await monitor.changesOf("default", TABLE);
  console.log(`three failures took ${Math.round(change!.at - first.at)} ms at a check period of 4 s`);
  expect(change!.at - first.at).toBeLessThan(4000); // 8 s without it
  expect(requests.filter(({ status }) => status === 500)).toHaveLength(3);

  const asked = requests.length;
  lab.gateway(2).becomes(answering(200));
  await lab.untilRouted([1, 2]);
  expect(requests.length - asked).toBe(3);
  expect(requests[asked]!.at - requests[asked - 1]!.at).toBeGreaterThan(1000);
});

test("-flap-hold holds a healthy gateway that repeatedly cannot be a nexthop", async () => {
  const lab = await openLab({ gateways: 3 });
  const own = [`${addressOf(1)}/32`, "dev", "lo"]; // a router's own address cannot be a nexthop
  const daemon = lab.start({ ...CALM, fall: 3, "flap-hold": "3s", "log-level": "info" });
  await lab.untilRouted([1, 2, 3]);
  await lab.router.ip("address", "add", ...own);
  await lab.untilRouted([2, 3]);
  await lab.router.ip("address", "delete", ...own);
  await lab.untilRouted([1, 2, 3]);
  await lab.router.ip("address", "add", ...own);
  await lab.untilRouted([2, 3]);
  const monitor = await lab.monitor();
  await lab.router.ip("address", "delete", ...own);
  await daemon.log.next(/gateway 10\.77\.0\.11 flaps: lost 2 times/);
  await daemon.log.next(/gateway 10\.77\.0\.11 is used again: flap hold ended/);
  await lab.untilRouted([1, 2, 3]);
  expect(await monitor.changesOf("default", TABLE)).toHaveLength(1);
});

test("-flap-hold holds a flapping gateway, shows that in log, status and metrics, and uses it again after the hold", async () => {
  const lab = await openLab({ gateways: 3 });
  const daemon = lab.start({ "flap-hold": "6s", "log-level": "info" });
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
  const monitor = await lab.monitor();
  lab.gateway(2).becomes(down);
  await lab.untilRouted([1, 3]);
  lab.gateway(2).becomes(up);
  await lab.untilRouted([1, 2, 3]);
  lab.gateway(2).becomes(down);
  const held = await daemon.log.next(
    /gateway 10\.77\.0\.12 down: .*; it flaps, lost 2 times in a short time: not used for 6s, up or down/,
  );
  await lab.untilRouted([1, 3]);
  lab.gateway(2).becomes(up);
  const status = await lab.until(
    "a held gateway",
    () => statusOf(lab),
    (text) => text.startsWith("degraded: 1 up but not used because of flapping (-flap-hold)\n"),
  );
  expect(status).toMatch(/^10\.77\.0\.12 +flap hold .* flap hold for [0-6]s more: went down 2 times in a short time$/m);
  await daemon.untilMetrics("a held gateway", (it) => it.value("gateways_held_count") === 1);
  await monitor.caughtUp();
  const quiet = monitor.events.mark();

  for (let flap = 0; flap < 3; flap++) {
    lab.gateway(2).becomes(down);
    await lab.gateway(2).nextAnswer(500);
    lab.gateway(2).becomes(up);
    await lab.gateway(2).nextAnswer(200);
  }
  await lab.untilRouted([1, 2, 3]);
  const returns = (await monitor.changesOf("default", TABLE, quiet)).filter(({ gateways }) =>
    gateways.includes(addressOf(2)),
  );
  expect(returns).toHaveLength(1);
  expect(returns[0]!.at - held.at).toBeGreaterThan(3000);
  await daemon.log.next(/gateway 10\.77\.0\.12 is used again: flap hold ended/);
  expect(daemon.log.matching(/gateway 10\.77\.0\.12/)).toHaveLength(4); // down and up, and two for the hold

  // A gateway that is held again is used when no other gateway is left.
  lab.gateway(2).becomes(down);
  await lab.untilRouted([1, 3]);
  lab.gateway(2).becomes(up);
  await daemon.untilMetrics("a held gateway", (it) => it.value("gateways_held_count") === 1);
  lab.gateway(1).becomes(down);
  await lab.untilRouted([3]);
  lab.gateway(3).becomes(down);
  await lab.untilRouted([2]);
  await daemon.log.next(/10\.77\.0\.12 is used again: flap hold ended early: too few other gateways are healthy/);
});

describe("-min-healthy", () => {
  const flags = { "check-period": "250ms", timeout: "250ms", "log-level": "info" };
  const failAll = (lab: Lab): void => lab.gateways.forEach((gateway) => gateway.becomes(down));

  test("with -min-healthy-policy keep, the last gateways stay in route and DNS name when all of them fail", async () => {
    const { lab, ddns } = await openDdnsLab();
    const daemon = ddns.start({ ...flags, "min-healthy": 2 });
    await ddns.untilReadBack([1, 2, 3]);
    lab.gateway(1).becomes(down);
    await lab.untilRouted([2, 3]);
    await ddns.untilReadBack([2, 3]);
    const monitor = await lab.monitor();
    failAll(lab);
    await daemon.log.next(
      /fewer than 2 of 3 gateways are healthy .*: in use .* lost last: 10\.77\.0\.12, 10\.77\.0\.13/,
    );
    await daemon.untilMetrics("two gateways kept by quorum", (it) => it.value("gateways_kept_count") === 2);
    await daemon.untilRounds(3);
    const status = await statusOf(lab);
    expect(status).toStartWith("degraded: 0 of 3 gateways are up; 2 used although down (-min-healthy)");
    expect(status).toMatch(/^10\.77\.0\.13 +down .* 50\.0 % .* used although down \(-min-healthy\): status 500$/m);
    expect(await monitor.changesOf("default", TABLE)).toEqual([]);
    await ddns.untilReadBack([2, 3]);

    for (const gateway of [1, 2]) lab.gateway(gateway).becomes(up);
    await lab.untilRouted([1, 2]);
    await daemon.log.next(/enough gateways are healthy again/);
    await ddns.untilReadBack([1, 2]);
  });

  test("with -min-healthy-policy all, the route has every gateway, and the DNS name only those that were healthy last", async () => {
    const { lab, ddns } = await openDdnsLab();
    const daemon = ddns.start({ ...flags, "min-healthy": 2, "min-healthy-policy": "all" });
    await ddns.untilReadBack([1, 2, 3]);
    lab.gateway(1).becomes(down);
    await ddns.untilReadBack([2, 3]);
    lab.gateway(2).becomes(down);
    await lab.untilRouted([1, 2, 3]);
    await daemon.log.next(/all are used, healthy or not/);
    await daemon.untilRounds(3);
    await ddns.untilReadBack([2, 3]);
  });

  test("with -min-healthy-policy none, too few healthy gateways leave the route empty until enough are healthy", async () => {
    const lab = await openLab({ gateways: 3 });
    const daemon = lab.start({ ...flags, "min-healthy": 2, "min-healthy-policy": "none" });
    await lab.untilRouted([1, 2, 3]);
    lab.gateway(1).becomes(down);
    await lab.untilRouted([2, 3]);
    lab.gateway(2).becomes(down);
    await lab.untilRouted([]);
    const status = await statusOf(lab);
    expect(status).toStartWith("down: no gateway carries traffic: fewer than 2 are healthy (-min-healthy)\n");
    lab.gateway(1).becomes(up);
    await lab.untilRouted([1, 3]);
    await daemon.log.next(
      /enough gateways are healthy again/,
      daemon.log.lines.indexOf(await daemon.log.next(/: none is used/)),
    );
  });
});

describe("gateways that all fail at the same time", () => {
  const flags = { ...CALM, "log-level": "info" };

  test.each<[string, (lab: Lab) => Promise<unknown>, RegExp]>([
    ["interface to them has no carrier", (lab) => lab.setCarrier("down"), /gw0, which has no carrier/],
    ["interface to them is down", (lab) => lab.router.ip("link", "set", "gw0", "down"), /gw0, which is down/],
    [
      "interface to them has lost its address",
      (lab) => lab.router.ip("address", "flush", "dev", "gw0"),
      /gw0, which has lost its address 10\.77\.0\.1/,
    ],
  ])("are reported as one fault of the router when the router's %s", async (_, cut, what) => {
    const lab = await openLab({ gateways: 3 });
    const daemon = lab.start(flags);
    await daemon.untilReady();
    const mark = daemon.log.mark();
    await cut(lab);
    await daemon.log.next(/gateway 10\.77\.0\.1[123] down: gw0 (has|is) /, mark);
    const { text } = await daemon.log.next(/failed (together|in the same)/);
    expect(text).toStartWith("time=");
    expect(text).toContain("level=warn");
    expect(text).toMatch(what);
    expect(text).toMatch(/all 3 healthy gateways failed together with .*own link is at fault, not the gateways/);
    const metrics = await daemon.metrics();
    expect(metrics.value("gateways_failed_together_total", { cause: "own_link" })).toBe(1);
  });

  test("are reported as one fault of unknown cause when the router's own links are up", async () => {
    const lab = await openLab({ gateways: 3 });
    const daemon = lab.start(flags);
    await daemon.untilReady();
    for (const gateway of lab.gateways) gateway.becomes(down);
    const { text } = await daemon.log.next(/failed (together|in the same)/);
    expect(text).toMatch(
      /level=warn .*all 3 healthy gateways failed in the same moment, and no fault of this router's own links explains it/,
    );
    await lab.untilRouted([]);
  });
});
