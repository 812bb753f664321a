/** How gateways are probed over HTTP, and which answers count as healthy. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  addressOf,
  answering,
  type Behaviour,
  dripping,
  garbling,
  hanging,
  inTurn,
  openLab,
  refusing,
  resetting,
  sending,
  slow,
  TABLE,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

const failures: [string, Behaviour][] = [
  ["refuses connections", refusing],
  ["resets connections", resetting],
  ["hangs", hanging],
  ["answers too late", slow(3_000)],
  ["sends its response header too slowly", dripping(150)],
  ["answers with bytes that are not HTTP", garbling],
  ["answers 404", answering(404)],
  ["answers 503", answering(503)],
];

test.each(failures)("a gateway that %s leaves the route until it answers again", async (_, behaviour) => {
  const lab = await openLab({ gateways: 2 });
  lab.start();
  await lab.untilRouted([1, 2]);
  lab.gateway(2).becomes(behaviour);
  await lab.untilRouted([1]);
  lab.gateway(2).becomes(answering(200));
  await lab.untilRouted([1, 2]);
});

test("a redirect is a failure and is not followed", async () => {
  const lab = await openLab({ gateways: 2 });
  const Location = `http://${addressOf(1)}:9999/elsewhere`;
  lab.gateway(2).becomes(answering(302, { headers: { Location } }));
  const daemon = lab.start();
  await lab.untilRouted([1]);
  await lab.gateway(2).nextAnswer(302);
  await daemon.log.next(
    /down: status 302 to http:\/\/\S+\/elsewhere: redirects are not followed; that is another host: /,
  );
  expect(lab.gateway(1).requests.filter(({ target }) => target !== "/")).toEqual([]);
});

test("a status from 200 to 299 is healthy whatever the size of the body", async () => {
  const lab = await openLab({ gateways: 5 });
  const behaviours = [answering(200), answering(204), answering(299), sending(50_000_000), sending(Infinity)];
  for (const [index, behaviour] of behaviours.entries()) lab.gateways[index]!.becomes(behaviour);
  const daemon = lab.start({ "check-period": "1s", timeout: "1s" });
  await lab.untilRouted([1, 2, 3, 4, 5]);
  const metrics = await daemon.untilMetrics("three rounds", (it) => it.value("check_cycles_total") >= 3);
  expect(metrics.value("gateway_health_check_total", { status: "failure" })).toBe(0);
});

test("a probe is a GET on a connection of its own, and ignores proxy variables", async () => {
  const lab = await openLab({ gateways: 2, port: 8081 });
  const proxy = `http://${addressOf(2)}:8081`;
  const env = { HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy };
  lab.start({ path: "/health?from=router" }, { env });
  await lab.untilRouted([1, 2]);
  for (const { requests } of lab.gateways) {
    await lab.untilCount("three probes", () => requests.length, 3);
    const lines = requests.map(({ method, target }) => `${method} ${target}`);
    expect(new Set(lines)).toEqual(new Set(["GET /health?from=router"]));
    expect(new Set(requests.map(({ connection }) => connection)).size).toBe(requests.length);
  }
});

test("every gateway is probed at most once in each check period", async () => {
  const period = 50;
  const lab = await openLab({ gateways: 20, shared: true });
  const daemon = lab.start({ "check-period": `${period}ms`, timeout: `${period}ms`, "log-level": "info" });
  await daemon.untilReady();
  await daemon.untilRounds(2); // the first round is not part of the schedule
  for (const { requests } of lab.gateways) requests.length = 0;
  await daemon.untilRounds(40);
  // A busy machine may skip probes, or send one at the end of a period and the next at the beginning of the following.
  const tooMany = lab.gateways.map(
    ({ requests }) => requests.length - (requests.at(-1)!.at - requests[0]!.at) / period,
  );
  expect(tooMany.reduce((sum, more) => sum + more) / tooMany.length).toBeLessThan(2.1);
});

test("fewer than -fall failures in a row do not change the route, and -rise successes bring a gateway back", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.start({ fall: 3, rise: 3 });
  await lab.untilRouted([1, 2]);
  const monitor = await lab.monitor();
  const before = lab.gateway(2).requests.length;
  lab.gateway(2).becomes(inTurn(answering(500), answering(500), answering(200)));
  await lab.untilCount("ten probes", () => lab.gateway(2).requests.length, before + 10);
  expect(await monitor.changesOf("default", TABLE)).toEqual([]);

  lab.gateway(2).becomes(answering(500));
  await lab.untilRouted([1]);
  lab.gateway(2).becomes(answering(200));
  const good = lab.gateway(2).requests.length;
  await lab.untilRouted([1, 2]);
  expect(lab.gateway(2).requests.length - good).toBeGreaterThanOrEqual(3);
});
