/** Probes beyond the gateways: a gateway counts when packets come out at its far end. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, answering, openLab, refusing, runExecutable, TABLE } from "./lab/index.ts";
import { serveDns } from "./lab/dns-server.ts";
import { CERTIFIED, serveSite, TRUSTING } from "./lab/web.ts";

setDefaultTimeout(60_000);

/** By default -through-fall is 2: a dead tunnel is found within twice the period and the timeout. */
const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9", "through-period": "500ms", "through-timeout": "300ms" };
const FOUND_WITHIN_MS = 2 * 500 + 300;

/** What the promise of 1.5 s leaves for the change of the route, and for other load of the machine. */
const PROMISED_MS = 1500;

const openBeyond = (gateways = 3) => openLab({ gateways, beyond: true });

/** Lines of a log that say why a gateway went down. */
const down = (gateway: number): RegExp => new RegExp(`gateway ${addressOf(gateway)} down: `);

test("a gateway whose tunnel dies behind a healthy endpoint leaves the route in time, and comes back with the tunnel", async () => {
  const lab = await openBeyond();
  const daemon = lab.start(THROUGH);
  await lab.untilRouted([1, 2, 3]);
  const monitor = await lab.monitor();
  const found: number[] = [];
  for (let time = 0; time < 3; time++) {
    const mark = monitor.events.mark();
    await lab.beyond.setLoss(2, 100);
    const died = performance.now();
    await lab.untilRouted([1, 3]);
    found.push((await monitor.changesOf("default", TABLE, mark))[0]!.at - died);
    await lab.beyond.setLoss(2, 0);
    await lab.untilRouted([1, 2, 3]);
  }
  const { text } = await daemon.log.next(down(2));
  expect(text).toMatch(/down: icmp (1\.1\.1\.1, 9\.9\.9\.9|9\.9\.9\.9, 1\.1\.1\.1): no answer through it/);
  console.log(
    `a silent death left the route after ${found.map(Math.round).join(", ")} ms (found within ${FOUND_WITHIN_MS})`,
  );
  expect(Math.min(...found)).toBeLessThan(PROMISED_MS);
});

describe("every kind of target", () => {
  test.each<[kind: string, through: string, reason: string]>([
    ["icmp", "icmp:1.1.1.1", "icmp 1.1.1.1: no answer through it"],
    ["tcp", "tcp:1.1.1.1:80", "tcp 1.1.1.1:80: no answer through it"],
    ["dns", "dns:9.9.9.9", "dns 9.9.9.9: no answer through it"],
    ["http", "http://1.1.1.1/up", "url http://1.1.1.1/up: no answer through it"],
    ["https", `https://${CERTIFIED}:8443/up`, `url https://${CERTIFIED}:8443/up: no answer through it`],
  ])("%s answers through a gateway, and no more when its tunnel is dead", async (_, through, reason) => {
    const lab = await openBeyond(2);
    const { internet } = lab.beyond;
    const fetch = ({ url }: Request): Response => new Response("up", { status: url.endsWith("/up") ? 200 : 404 });
    serveSite(lab, internet, { hostname: "0.0.0.0", port: 80, fetch });
    serveSite(lab, internet, { hostname: CERTIFIED, port: 8443, fetch, tls: "wrong-name" });
    await serveDns(lab, internet, "9.9.9.9");
    const daemon = lab.start({ ...THROUGH, through }, { env: TRUSTING });
    await lab.untilRouted([1, 2]);
    await lab.beyond.setLoss(2, 100);
    await lab.untilRouted([1]);
    expect((await daemon.log.next(down(2))).text).toContain(`down: ${reason}`);
  });

  test.each<[what: string, through: string, reason: string]>([
    ["a closed port", "tcp:1.1.1.1:81", "tcp 1.1.1.1:81: connection refused"],
    ["a bad status", "http://1.1.1.1/", "url http://1.1.1.1/: status 404"],
    ["a certificate of another authority", `https://${CERTIFIED}:8443/`, `url https://${CERTIFIED}:8443/: TLS: `],
  ])("that has %s takes the gateway down with that reason", async (_, through, reason) => {
    const lab = await openBeyond(1);
    const { internet } = lab.beyond;
    const fetch = (): Response => new Response("", { status: 404 });
    serveSite(lab, internet, { hostname: "0.0.0.0", port: 80, fetch });
    serveSite(lab, internet, { hostname: CERTIFIED, port: 8443, fetch, tls: "wrong-name" });
    const daemon = lab.start({ ...THROUGH, through });
    expect((await daemon.log.next(down(1))).text).toContain(`down: ${reason}`);
  });
});

test("with -through-text a gateway that answers every URL with a page of its own is down", async () => {
  const lab = await openBeyond();
  let captive = true;
  const answer = (request: Request, server: Bun.Server<undefined>): Response => {
    const isSecond = server.requestIP(request)!.address === "198.18.2.2"; // the masqueraded source
    return new Response(captive && isSecond ? "please log in" : "all is well");
  };
  const server = lab.beyond.internet.enter(() => Bun.serve({ hostname: "1.1.1.1", port: 80, fetch: answer }));
  lab.onClose(() => void server.stop(true));
  const daemon = lab.start({ ...THROUGH, through: "http://1.1.1.1/", "through-text": "is well" });
  await lab.untilRouted([1, 3]);
  expect((await daemon.log.next(down(2))).text).toContain(
    "down: url http://1.1.1.1/: status 200 without the expected text",
  );
  captive = false;
  await lab.untilRouted([1, 2, 3]);
});

describe("dead targets", () => {
  test("one of three changes nothing, and is logged once", async () => {
    const lab = await openBeyond();
    await lab.beyond.setDead(["1.1.1.1"]);
    const flags = { through: "icmp:1.1.1.1,9.9.9.9,1.0.0.1", "check-period": "500ms", timeout: "500ms" };
    const daemon = lab.start({ ...flags, "through-period": "500ms", "through-timeout": "500ms" });
    await lab.untilRouted([1, 2, 3]);
    await daemon.untilRounds(8);
    expect(daemon.log.matching(/gateway \S+ down/)).toEqual([]);
    await daemon.log.next(/target 1\.1\.1\.1 is at fault itself/);
    expect(daemon.log.matching(/target 1\.1\.1\.1 is at fault itself/)).toHaveLength(1);
    await lab.beyond.setDead(["1.1.1.1"], false);
  });

  test("all of them take all gateways down, as an outage of everything beyond the gateways does", async () => {
    const lab = await openBeyond();
    const daemon = lab.start(THROUGH);
    await lab.untilRouted([1, 2, 3]);
    await lab.beyond.setDead(["1.1.1.1", "9.9.9.9"]);
    await lab.untilRouted([]);
    await daemon.log.next(/all 3 healthy gateways failed in the same moment/);
    await lab.beyond.setDead(["1.1.1.1", "9.9.9.9"], false);
    await lab.untilRouted([1, 2, 3]);
  });

  test("one of two is not needed any more with -through-need 2, once it counts as the target's own fault", async () => {
    const lab = await openBeyond();
    const daemon = lab.start({ ...THROUGH, "through-need": 2 });
    await lab.untilRouted([1, 2, 3]);
    await lab.beyond.setDead(["9.9.9.9"]);
    await daemon.untilRounds(10);
    await lab.untilRouted([1, 2, 3]);
  });
});

test("with -through-need 2 a gateway through which only one of two targets answers is down", async () => {
  const lab = await openBeyond();
  const daemon = lab.start({ ...THROUGH, "through-need": 2 });
  await lab.untilRouted([1, 2, 3]);
  await lab.gatewaySpace(2).ip("route", "add", "blackhole", "9.9.9.9");
  await lab.untilRouted([1, 3]);
  expect((await daemon.log.next(down(2))).text).toContain("only 1 of the 2 needed answered");
});

test("a gateway that stops to masquerade is down, although it forwards packets and its endpoint is healthy", async () => {
  const lab = await openBeyond();
  const daemon = lab.start(THROUGH);
  await lab.untilRouted([1, 2, 3]);
  await lab.beyond.setMasquerade(3, false);
  await lab.untilRouted([1, 2]);
  expect((await daemon.log.next(down(3))).text).toContain("no answer through it");
});

test("both the gateway itself and the targets beyond it have to answer", async () => {
  const lab = await openBeyond();
  lab.start(THROUGH);
  await lab.untilRouted([1, 2, 3]);
  lab.gateway(1).becomes(refusing);
  await lab.untilRouted([2, 3]);
  await lab.beyond.setLoss(2, 100);
  await lab.untilRouted([3]);
});

test("with -through-require any a gateway is up while its endpoint or a target beyond it answers, and down for both reasons", async () => {
  const lab = await openBeyond();
  const daemon = lab.start({ ...THROUGH, "through-require": "any", "check-period": "500ms", timeout: "300ms" });
  expect((await daemon.log.next(/probing /)).text).toContain(
    "through each every 500ms, any of which is enough; managing",
  );
  await lab.untilRouted([1, 2, 3]);
  lab.gateway(1).becomes(refusing);
  await lab.beyond.setLoss(2, 100);
  await daemon.untilRounds(8);
  await lab.untilRouted([1, 2, 3]);
  expect(daemon.log.matching(/gateway \S+ down/)).toEqual([]);
  const { stdout } = await runExecutable(lab.router, ["status"]);
  expect(stdout).toMatch(/11 +up .*up although a prober fails \(-through-require any\): http: connection refused/);
  expect(stdout).toMatch(/12 +up .*up although a prober fails \(-through-require any\): icmp .*no answer through it/);
  await lab.beyond.setLoss(1, 100);
  await lab.untilRouted([2, 3]);
  const reasons =
    /down: http: connection refused; icmp (1\.1\.1\.1, 9\.9\.9\.9|9\.9\.9\.9, 1\.1\.1\.1): no answer through it/;
  expect((await daemon.log.next(down(1))).text).toMatch(reasons);
  lab.gateway(1).becomes(answering(200));
  await lab.untilRouted([1, 2, 3]); // its tunnel is still dead
});

test("with -through-only gateways need no endpoint", async () => {
  const lab = await openBeyond();
  for (const gateway of lab.gateways) gateway.becomes(refusing);
  lab.start({ ...THROUGH, "through-only": true });
  await lab.untilRouted([1, 2, 3]);
  await lab.beyond.setLoss(1, 100);
  await lab.untilRouted([2, 3]);
  expect(lab.gateways.flatMap(({ requests }) => requests)).toEqual([]);
});

test("a start where echo requests are forbidden fails and names the remedy, and changes nothing", async () => {
  const lab = await openBeyond(1);
  lab.router.tune({ "ipv4/ping_group_range": "1 0" });
  const before = await lab.snapshot();
  const { status, stderr } = await lab.start(THROUGH).ended();
  expect({ status, lines: stderr.trimEnd().split("\n") }).toEqual({
    status: 1,
    lines: [expect.stringContaining('sysctl -w net.ipv4.ping_group_range="0 2147483647"')],
  });
  expect(await lab.snapshot()).toBe(before);
  await lab.start({ ...THROUGH, through: "tcp:1.1.1.1:80" }).log.next(/starts/); // needs no such socket
});

test("with -through-max-loss a gateway that loses packets is down until it loses hardly any", async () => {
  const lab = await openBeyond();
  const fast = { "through-period": "200ms", "through-timeout": "200ms", "through-fall": 100 };
  const daemon = lab.start({ ...THROUGH, ...fast, "through-max-loss": "30%:20%" });
  await lab.untilRouted([1, 2, 3]);
  await lab.beyond.setLoss(2, 60);
  await lab.untilRouted([1, 3]);
  expect((await daemon.log.next(down(2))).text).toMatch(
    /down: icmp .*loss [\d.]+% of \d+ probes \(limit 30%, ends at 20%\)/,
  );
  await lab.beyond.setLoss(2, 0);
  await lab.untilRouted([1, 2, 3]);
});

test("with -through-max-latency a gateway through which answers are slow is down until they are fast", async () => {
  const lab = await openBeyond();
  let slow = true;
  const answer = async (request: Request, server: Bun.Server<undefined>): Promise<Response> => {
    const isSecond = server.requestIP(request)!.address === "198.18.2.2"; // the masqueraded source
    if (slow && isSecond) await Bun.sleep(120);
    return new Response("");
  };
  const server = lab.beyond.internet.enter(() => Bun.serve({ hostname: "1.1.1.1", port: 80, fetch: answer }));
  lab.onClose(() => void server.stop(true));
  const fast = {
    through: "http://1.1.1.1/",
    "through-period": "200ms",
    "through-timeout": "200ms",
    "through-fall": 100,
  };
  const daemon = lab.start({ ...fast, "through-max-latency": "100ms:60ms" });
  const line = await daemon.log.next(down(2)); // some time after it came up
  await lab.untilRouted([1, 3]);
  expect(line.text).toMatch(/down: url .*latency 1\d\dms as the median of \d+ answers \(limit 100ms, ends at 60ms\)/);
  slow = false;
  await lab.untilRouted([1, 2, 3]);
});
