/** Several pools at work: clients in two source networks, gateways that pools share, kill switches, leftovers, instances. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";

import { addressOf, answering, EXECUTABLE, INTERNET, IP, type Lab, openLab, refusing } from "./lab/index.ts";
import type { Namespace } from "./lab/namespace.ts";
import { REST, VPN } from "./lab/two-pools.ts";

setDefaultTimeout(60_000);

const [SWEDEN, NORWAY, LTE] = [addressOf(1), addressOf(2), addressOf(3)];

const GATEWAYS = `
[probe.health]
type = "http"
port = 9999
period = "250ms"
timeout = "250ms"
[[gateway]]
name = "sweden"
address = "${SWEDEN}"
[[gateway]]
name = "norway"
address = "${NORWAY}"
[[gateway]]
name = "lte"
address = "${LTE}"
`;
const FILE = `${GATEWAYS}${VPN}${REST}`;

/** A lab with a second client in 10.78.0.0/24, and the service with the file. */
async function setUp(text = FILE) {
  const lab = await openLab();
  const iot = await lab.addClient("iot0", "10.78.0");
  const before = await lab.snapshot();
  const daemon = lab.startWithFile(text);
  await daemon.untilReady();
  return { lab, iot, before, daemon };
}

/** The sinks that flows of a client reach. */
async function sinksOf(lab: Lab, from: Namespace): Promise<string[]> {
  const reached = await lab.traffic.survey(60, from);
  return [...new Set(reached.values())].sort();
}

async function untilSinks(lab: Lab, from: Namespace, ...sinks: readonly string[]): Promise<void> {
  const wanted = [...sinks].sort().join();
  await lab.until(
    `packets of ${from.name} at ${wanted}`,
    () => sinksOf(lab, from).catch(() => []),
    (now) => now.join() === wanted,
  );
}

/** The kernel's error for a packet of the second client, or the table that routes it. */
async function iotRoute({ router }: Lab): Promise<string> {
  return router.ip("route", "get", INTERNET, "from", "10.78.0.2", "iif", "iot0").then(
    (text) => /table (\S+)/.exec(text)?.[1] ?? "main",
    (error: Error) => /answers: (.*)/.exec(error.message)?.[1] ?? error.message,
  );
}

test("each client uses the pool that selects it, and a pool with excluded destinations lets those pass", async () => {
  const { lab, iot } = await setUp();
  expect(await sinksOf(lab, iot)).toEqual([SWEDEN, NORWAY]);
  expect(await sinksOf(lab, lab.client)).toEqual([NORWAY]);
  expect((await lab.forwardedRoute("9.9.9.9")).table).toBe("main");
  expect(await iotRoute(lab)).toBe("180");
});

describe("a gateway that two pools share", () => {
  test("is probed once, and its loss changes the routes of both by one run of ip", async () => {
    const lab = await openLab();
    const iot = await lab.addClient("iot0", "10.78.0");
    const log = lab.file("runs", "");
    const script = [
      'case "$*" in *-batch*) ;; *) exec $IP "$@" ;; esac',
      "input=$(cat)",
      `case "$input" in *"route replace"*|*"route del"*) printf '%s\\n' "$input" | grep -o "table [0-9]*" | sort -u | xargs >>${log} ;; esac`,
      'printf "%s\\n" "$input" | $IP "$@"',
    ].join("\n");
    const daemon = lab.startWithFile(FILE, {}, lab.fakeIp(script));
    await daemon.untilReady();
    const before = readFileSync(log, "utf8");
    const { requests } = lab.gateway(2);
    const probed = requests.length;
    const start = performance.now();
    await Bun.sleep(2000);
    const periods = (performance.now() - start) / 250;
    expect(requests.length - probed).toBeLessThanOrEqual(Math.ceil(periods) + 1);
    lab.gateway(2).becomes(refusing);
    await untilSinks(lab, iot, SWEDEN);
    await untilSinks(lab, lab.client, "upstream");
    expect(readFileSync(log, "utf8").slice(before.length).split("\n")[0]).toBe("table 180 table 181");
    const line = /gateway norway \(10\.77\.0\.12\) down: .* \(vpn: 1 of 2 healthy, rest: 0 of 1 healthy\)/;
    await daemon.log.next(line);
  });
});

test("a pool without a gateway rejects its packets, while that of all others falls through, and both come back", async () => {
  const { lab, iot, daemon } = await setUp();
  const usable = async (query: string): Promise<string> => (await daemon.get(`/readyz?usable${query}`)).body.trim();
  lab.gateway(2).becomes(refusing);
  await lab.until(
    "pool rest to have no usable gateway",
    () => usable(""),
    (now) => now === "not ok: pool rest: no gateway is usable",
  );
  expect(await usable("&pool=vpn")).toBe("ok: pool vpn: 1 of 2 gateways is usable");
  lab.gateway(1).becomes(refusing);
  await lab.until(
    "packets of pool vpn to be rejected",
    () => iotRoute(lab),
    (now) => /unreachable|No route/i.test(now),
  );
  await untilSinks(lab, lab.client, "upstream");
  const metrics = await daemon.untilMetrics("no gateway up", (it) => it.value("gateway_active_count") === 0);
  expect(metrics.all("gateway_active_count").map(({ labels }) => labels["pool"])).toEqual(["vpn", "rest"]);
  expect(metrics.all("gateway_up", { gateway_ip: NORWAY })).toHaveLength(1);
  for (const gateway of [1, 2]) lab.gateway(gateway).becomes(answering(200));
  await untilSinks(lab, iot, SWEDEN, NORWAY);
  await untilSinks(lab, lab.client, NORWAY);
});

test("flows of one pool do not move when a gateway of another one comes and goes", async () => {
  const { lab, iot } = await setUp(
    FILE.replace('[{ gateway = "norway" }]', '[{ gateway = "norway" }, { gateway = "lte" }]'),
  );
  const before = await lab.traffic.survey(100, iot);
  for (const behaviour of [refusing, answering(200)]) {
    lab.gateway(3).becomes(behaviour);
    await untilSinks(lab, lab.client, ...(behaviour === refusing ? [NORWAY] : [NORWAY, LTE]));
    expect(await lab.traffic.survey(100, iot)).toEqual(before);
  }
});

describe("what pools have in the kernel", () => {
  test("is gone after a stop", async () => {
    const { lab, before, daemon } = await setUp();
    expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
    expect(await lab.snapshot()).toBe(before);
  });

  test("is repaired for each pool where another program deletes it", async () => {
    const { lab, daemon } = await setUp();
    const wanted = (await lab.snapshot()).split("\n").sort().join("\n");
    await lab.router.ip("rule", "del", "pref", "10896");
    await lab.router.ip("rule", "del", "pref", "10890", "from", "10.78.0.0/24", "to", "0.0.0.0/1");
    await lab.router.ip("route", "flush", "table", "181");
    await lab.until(
      "the rules and routes to be back",
      () => lab.snapshot(),
      (now) => now.split("\n").sort().join("\n") === wanted,
    );
    await daemon.log.next(/pool rest: .*removed or altered by another program; restored/);
  });

  test("is taken over after a kill, and what is left of a pool that is gone is removed", async () => {
    const { lab, iot, daemon } = await setUp(
      `${FILE}\n[[pool]]\nname = "old"\nfrom = ["10.79.0.0/24"]\nmembers = [{ gateway = "lte" }]\nwhen-no-gateways = "prohibit"\n`,
    );
    const flows = await lab.traffic.survey(100, iot);
    await daemon.kill();
    const next = lab.startWithFile(FILE);
    await next.untilReady();
    expect(await lab.traffic.survey(100, iot)).toEqual(flows);
    await lab.until(
      "nothing of pool old to be left",
      () => lab.snapshot(),
      (now) => !/10\.79|table 182/.test(now),
    );
    await next.stop();
  });
});

test("explain names the table of the pool that is for a packet, and says that no pool is for another", async () => {
  const { lab } = await setUp(`${GATEWAYS}${VPN}`.replace("[[pool]]", '[[pool]]\nin = ["iot0"]'));
  const config = lab.file("config.toml", `${GATEWAYS}${VPN}`.replace("[[pool]]", '[[pool]]\nin = ["iot0"]'));
  const explain = (from: string) =>
    Bun.spawnSync(
      [IP, "netns", "exec", lab.router.name, EXECUTABLE, "explain", INTERNET, "-from", from, "-config", config],
      {
        env: { PATH: process.env["PATH"]! },
      },
    );
  expect(explain("10.78.0.2").stdout.toString()).toMatch(/rule 10888|10888: from 10\.78\.0\.0\/24 iif iot0 lookup 180/);
  expect(explain("10.66.0.2").stdout.toString()).toContain("no pool is for such packets");
});

test("two instances have pools beside each other, and a place that another one has names the pool", async () => {
  const { lab, daemon } = await setUp();
  const before = await lab.snapshot();
  const metrics = { "metrics-port": 9191 };
  const taken = lab.startWithFile(
    `${GATEWAYS}${REST}`.replace('name = "rest"', 'name = "rest"\ntable = 181\npreference = 9000'),
    metrics,
  );
  const { status, stderr } = await taken.ended();
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringContaining("pool rest: another instance manages table 181"),
  });
  const place = 'name = "late"\ntable = 190\npreference = 12000\nfrom = ["10.80.0.0/24"]';
  const other = lab.startWithFile(`${GATEWAYS}${REST}`.replace('name = "rest"', place), metrics);
  await other.untilReady();
  await Bun.sleep(3500); // by then leftovers have been removed
  expect((await other.stop()).status).toBe(0);
  expect((await daemon.get("/readyz")).status).toBe(200);
  // On a busy machine a gateway may be down for a moment.
  const sorted = (text: string): string => text.split("\n").sort().join("\n");
  await lab.until(
    "what the first instance had",
    () => lab.snapshot(),
    (now) => sorted(now) === sorted(before),
  );
});
