/**
 * Probes beyond the gateways with a pool for one network, and the reverse path filter of the kernel: a gateway is up or
 * down, as check says, and stays so.
 */
import { expect, setDefaultTimeout, test } from "bun:test";

import type { Finding } from "../../src/diagnose/finding.ts";
import { addressOf } from "./lab/index.ts";
import { gateways, here, NORWAY, openPools, SWEDEN } from "./lab/pools-page.ts";
import { paste } from "./lab/remedies.ts";

setDefaultTimeout(180_000);

const PROBE = '[probe.internet]\ntype = "icmp"\ntargets = ["1.1.1.1"]\nperiod = "500ms"\ntimeout = "480ms"\n';
const LABELS = { gateway_ip: addressOf(SWEDEN) };

/** So many rounds of probes without a change show that none is to come. */
const ROUNDS = 4;

interface Machine {
  readonly rejects: boolean;
  readonly hasOwn: boolean;
  readonly hasDefault: boolean;
}

function fileOf({ rejects, hasOwn }: Machine): string {
  const mode = rejects ? 'when-no-gateways = "unreachable"\n' : "";
  const vpn = `[[pool]]\nname = "vpn"\nfrom = ["10.78.0.0/24"]\nmembers = ["sweden"]\n${mode}`;
  const own = hasOwn ? `[[pool]]\nname = "own"\nin = ["lo"]\nmembers = ["sweden"]\n${mode}` : "";
  return here(`${PROBE}${gateways}${vpn}${own}`);
}

const MACHINES = [true, false].flatMap((rejects) =>
  [true, false].flatMap((hasOwn) => [true, false].map((hasDefault): Machine => ({ rejects, hasOwn, hasDefault }))),
);

const FILTERS = [0, 1, 2];

async function scene({ hasDefault }: Machine) {
  const { lab } = await openPools();
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647", "ipv4/conf/all/rp_filter": 0 });
  if (!hasDefault) await lab.router.ip("route", "del", "default");
  return lab;
}

type Scene = Awaited<ReturnType<typeof scene>>;

async function findingOf(lab: Scene, text: string): Promise<Finding> {
  const { stdout } = await lab.run(["check", "-json", "-config", lab.file("checked.toml", text)]);
  return (JSON.parse(stdout) as { findings: Finding[] }).findings.find(({ topic }) => topic === "rp_filter")!;
}

/** Waits for the first verdict and for more rounds; returns whether sweden is up, how often it has changed, and the warnings. */
async function watch(lab: Scene, text: string) {
  const daemon = lab.startWithFile(text);
  const rounds = (metrics: Awaited<ReturnType<typeof daemon.metrics>>) =>
    metrics.value("gateway_health_check_total", LABELS);
  const first = await daemon.untilMetrics("a verdict", (it) => it.all("gateway_up", LABELS).length > 0);
  const last = rounds(first) + ROUNDS;
  const then = await daemon.untilMetrics("more rounds", (it) => rounds(it) >= last);
  const { stdout } = await daemon.stop();
  return {
    isUp: then.value("gateway_up", LABELS) === 1,
    changes: stdout.match(/msg="gateway sweden [^"]*\b(up|down)\b/g)?.length ?? 0,
    warnings: stdout.match(/level=warn[^\n]*rp_filter: /g)?.length ?? 0,
  };
}

test.each(MACHINES)("with %o, a gateway is up or down as check says, and stays so", async (machine) => {
  const { rejects, hasOwn, hasDefault } = machine;
  const text = fileOf(machine);
  const see = async (filter: number) => {
    const lab = await scene(machine);
    lab.router.tune({ "ipv4/conf/gw0/rp_filter": filter });
    const { level } = await findingOf(lab, text);
    return { filter, level, ...(await watch(lab, text)) };
  };
  const seen = await Promise.all(FILTERS.map(see));
  const wanted = FILTERS.map((filter) => {
    const isUp = filter === 0 || (rejects && hasOwn) || (filter === 2 && hasDefault);
    return { filter, level: isUp ? "ok" : "error", isUp, changes: 1, warnings: isUp ? 0 : 1 };
  });
  expect(seen as unknown).toEqual(wanted);
});

test("the remedy of check brings gateways up that are for one network, while the service runs", async () => {
  const machine = { rejects: true, hasOwn: false, hasDefault: false };
  const lab = await scene(machine);
  lab.router.tune({ "ipv4/conf/gw0/rp_filter": 1 });
  const text = fileOf(machine);
  const daemon = lab.startWithFile(text);
  await daemon.log.next(/rp_filter: strict \(1\) on gw0: answers .*no pool is for packets from 10\.77\.0\.1, and/);
  const { remedy } = await findingOf(lab, text);
  await paste(lab.router, remedy!);
  await daemon.untilMetrics("sweden to be up", (it) => it.value("gateway_up", LABELS) === 1);
});

test("with the strict filter, a pool of the router's own decides about the gateways of others, and nothing flaps", async () => {
  const lab = await scene({ rejects: true, hasOwn: true, hasDefault: true });
  await lab.giveLink(NORWAY);
  lab.router.tune({ "ipv4/conf/gw0/rp_filter": 1, [`ipv4/conf/own${NORWAY}/rp_filter`]: 1 });
  const own = '[[pool]]\nname = "own"\nin = ["lo"]\nmembers = ["sweden"]\n';
  const rest = '[[pool]]\nname = "rest"\nmembers = ["norway"]\nwhen-no-gateways = "unreachable"\n';
  const daemon = lab.startWithFile(here(`${PROBE}${gateways}${own}${rest}`));
  const isUp = (it: Awaited<ReturnType<typeof daemon.metrics>>) =>
    [SWEDEN, NORWAY].map((number) => it.value("gateway_up", { gateway_ip: addressOf(number) }));
  await daemon.untilMetrics("sweden alone", (it) => isUp(it).join() === "1,0");
  await Bun.sleep(2000); // norway may have come up before sweden decided
  const before = await daemon.metrics();
  const flaps = (it: typeof before) => it.value("gateway_flaps_total");
  await Bun.sleep(4000);
  const after = await daemon.metrics();
  expect([isUp(after), flaps(after)]).toEqual([[1, 0], flaps(before)]);
});
