/** What the check command finds with several pools of a file: each of them is looked at, and named where it matters. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { runIn } from "./lab/executable.ts";
import { addressOf, INTERNET, type Lab, openLab, refusing, UPSTREAM } from "./lab/index.ts";
import type { Finding } from "../../src/diagnose/finding.ts";
import { LTE, NORWAY, POOLS_FILE, SWEDEN } from "./lab/pools.ts";

setDefaultTimeout(120_000);

interface Report {
  readonly status: number;
  readonly findings: readonly Finding[];
  /** Level, topic and pools of all findings that are not ok. */
  readonly bad: readonly string[];
}

/** A lab with a client of pool vpn, and nothing for check to find. */
async function openScene(): Promise<Lab> {
  const lab = await openLab();
  await lab.addClient("iot0", "10.78.0");
  return lab;
}

/** The report of the command, which leaves the kernel as it is. */
async function check(lab: Lab, text = POOLS_FILE, ...words: readonly string[]): Promise<Report> {
  const before = await lab.snapshot();
  const config = lab.file("checked.toml", text);
  const { status, stdout, stderr } = await lab.run(["check", "-json", "-config", config, ...words]);
  expect(stderr).toBe("");
  expect(await lab.snapshot()).toBe(before);
  const { findings } = JSON.parse(stdout) as Pick<Report, "findings">;
  const bad = findings.filter(({ level }) => level !== "ok");
  return { status, findings, bad: bad.map(({ level, topic, pools = [] }) => [level, topic, ...pools].join(" ")) };
}

const about = ({ findings }: Report, topic: string) =>
  findings
    .filter((one) => one.topic === topic)
    .map(({ level, message, pools = [] }) => [level, ...pools, message].join(" "));

describe("the file of two pools", () => {
  test("is without problems before the service runs and beside it, and each pool is looked at", async () => {
    const lab = await openScene();
    const before = await check(lab);
    expect({ status: before.status, bad: before.bad }).toEqual({ status: 0, bad: [] });
    expect(about(before, "table 180")).toEqual(["ok vpn free"]);
    expect(about(before, "table 181")).toEqual(["ok rest free"]);
    expect(about(before, "rules 10888 to 10891")).toEqual(["ok vpn free"]);
    expect(about(before, "rule 10896")).toEqual(["ok rest free"]);
    expect(about(before, "gateways")).toEqual([
      "ok vpn 3 of 3 gateways usable; for packets from 10.78.0.0/24",
      "ok rest 1 of 1 gateways usable; for all packets",
    ]);
    const { requests } = lab.gateway(NORWAY);
    expect(requests).toHaveLength(1);
    const daemon = lab.startWithFile(POOLS_FILE);
    await daemon.untilReady();
    const beside = await check(lab);
    expect({ status: beside.status, bad: beside.bad }).toEqual({ status: 0, bad: [] });
    expect(about(beside, "instance")).toEqual([
      "ok vpn an instance runs that manages table 180",
      "ok rest an instance runs that manages table 181",
    ]);
    expect(about(beside, "rules 10888 to 10891")).toEqual(["ok vpn are those of the running instance"]);
    expect(about(beside, "rule 10896")).toEqual(["ok rest is that of the running instance"]);
    await daemon.kill();
    const after = await check(lab);
    expect(after.bad).toEqual([]);
    expect(about(after, "rule 10896")[0]).toContain("of a run that was killed");
  });

  test("has an error for a pool without a gateway, and a warning for another tier", async () => {
    const lab = await openScene();
    for (const gateway of [SWEDEN, NORWAY]) lab.gateway(gateway).becomes(refusing);
    const report = await check(lab);
    expect(report.status).toBe(1);
    expect(report.bad).toEqual([
      "warning gateway sweden (10.77.0.11)",
      "warning gateway norway (10.77.0.12)",
      "warning gateways vpn",
      "error gateways rest",
    ]);
    expect(about(report, "gateways")[0]).toContain("tier 2 carries traffic, since tier 1 has 0 of 2 usable gateways");
    const ofVpn = await check(lab, POOLS_FILE, "-pool", "vpn");
    expect(ofVpn.status).toBe(3);
    expect(about(ofVpn, "gateways")).toHaveLength(1);
    expect(about(ofVpn, "rule 10896")).toEqual([]);
    lab.gateway(LTE).becomes(refusing);
    expect(about(await check(lab), "gateways")[0]).toBe(
      "error vpn 0 of 3 gateways usable: packets are rejected (unreachable)",
    );
  });
});

describe("what another program has", () => {
  test("in the way of one pool is found for that pool, with keys of the file as remedies", async () => {
    const lab = await openScene();
    await lab.router.batch([
      "rule add pref 5000 from 10.78.0.0/25 lookup main",
      `route add 9.9.9.0/24 via ${UPSTREAM} table 181`,
      "rule add pref 10896 from 10.99.0.0/24 lookup 77",
    ]);
    const { findings, bad } = await check(lab);
    expect(bad).toEqual(["warning table 181 rest", "warning rule 10896 rest", "warning preceding rules"]);
    const remedies = findings.flatMap(({ remedy = [] }) => remedy);
    expect(remedies[0]).toEndWith("choose a table that no other program uses");
    expect(remedies[1]).toBe("choose a preference that no other program uses");
    expect(remedies[2]).toContain("set preference = 4995 of pool vpn and preference = 4999 of pool rest, or");
    expect(remedies.join()).not.toMatch(/-first-|-route|-exclude/);
  });

  test("before several pools is behind all of them with the preferences of the remedy", async () => {
    const lab = await openScene();
    await lab.router.ip("rule", "add", "pref", "5000", "lookup", "main");
    const { bad, findings } = await check(lab);
    expect(bad).toEqual(["error preceding rules"]);
    const { remedy } = findings.find(({ topic }) => topic === "preceding rules")!;
    const preferences = new Map(
      [...remedy!.matchAll(/preference = (\d+) of pool (\w+)/g)].map(([, value, name]) => [name!, value!]),
    );
    const text = POOLS_FILE.replaceAll(/^name = "(vpn|rest)"$/gm, (line, name: string) => {
      return `${line}\npreference = ${preferences.get(name)}`;
    });
    expect((await check(lab, text)).bad).toEqual([]);
    lab.startWithFile(text);
    await lab.until(
      "the rules to stand in the order of the pools",
      () => lab.router.ip("rule"),
      (rules) => /(lookup 180 [^]*lookup 181 [^]*5000:)/.test(rules),
    );
  });

  test("before one pool keeps only its packets from the gateways where the rule is for those alone", async () => {
    const lab = await openScene();
    await lab.router.ip("rule", "add", "pref", "10892", "from", "10.66.0.0/24", "lookup", "main");
    const { bad } = await check(lab);
    expect(bad).toEqual(["warning preceding rules rest"]);
  });

  test("behind one pool is found where it is for packets of that pool", async () => {
    const lab = await openScene();
    await lab.router.batch([
      `route add default via ${UPSTREAM} table 77`,
      "rule add pref 20000 from 10.78.0.0/24 lookup 77",
      `route add 44.0.0.0/8 via ${UPSTREAM}`,
    ]);
    const report = await check(lab);
    expect(report.bad).toEqual([
      "warning following rules vpn",
      "warning main routes", // of both
      "warning following rules rest",
    ]);
    const main = report.findings.find(({ topic }) => topic === "main routes")!;
    expect(main.remedy).toBe('to use these routes: exclude = ["44.0.0.0/8"]');
  });
});

test("selectors without an interface, weights without cells and drained gateways are found", async () => {
  const lab = await openScene();
  const text = POOLS_FILE.replace('from = ["10.78.0.0/24"]', 'in = ["iot0", "br-tv"]')
    .replace('"sweden", weight = 2', '"sweden", weight = 100')
    .replace(
      '{ gateway = "norway" }, { gateway = "lte", tier = 2 }',
      '{ gateway = "norway", weight = 99 }, { gateway = "lte" }',
    )
    .replace('name = "sweden"', 'name = "sweden"\ndrained = true');
  const report = await check(lab, text);
  expect(report.bad).toEqual(["warning selectors vpn", "warning weights vpn"]);
  expect(about(report, "selectors")[0]).toContain("interface br-tv of in does not exist");
  expect(about(report, "gateways")[0]).toBe(
    "ok vpn 2 of 3 gateways usable, 1 drained; for packets that come in on iot0, br-tv",
  );
});

test("a gateway is asked by its own probes alone", async () => {
  const lab = await openScene();
  const other = lab.serve(lab.gatewaySpace(LTE), addressOf(LTE), 8888);
  lab.gateway(LTE).becomes(refusing);
  const text = POOLS_FILE.replace('name = "lte"', 'name = "lte"\nprobes = ["other"]')
    .replaceAll(/name = "(sweden|norway)"\n/g, '$&probes = ["health"]\n')
    .replace("[[gateway]]", '[probe.other]\ntype = "http"\nport = 8888\ntimeout = "1s"\n[[gateway]]');
  const report = await check(lab, text);
  expect(report.bad).toEqual([]);
  expect(other.requests).toHaveLength(1);
  expect(lab.gateway(SWEDEN).requests).toHaveLength(1);
});

test("an unknown pool is a wrong use, and the text names pools", async () => {
  const lab = await openScene();
  const config = lab.file("config.toml", POOLS_FILE);
  expect(await lab.run(["check", "-config", config, "-pool", "vnp"])).toEqual({
    status: 2,
    stdout: "",
    stderr: 'gateway-route-manager: -pool "vnp": there is no such pool; the pools are vpn, rest\n',
  });
  const { stdout } = await lab.run(["check", "-config", config]);
  expect(stdout).toMatch(/\nok +rule 10896 +pool rest: free\n/);
  expect(stdout).toEndWith("\nall is well\n");
});

test("the strict reverse path filter is found where a pool selects by a mark, and its remedy lets answers in", async () => {
  const lab = await openScene();
  lab.router.tune({ "ipv4/conf/all/rp_filter": 0, "ipv4/conf/gw0/rp_filter": 1, "ipv4/conf/wan0/rp_filter": 0 });
  const rules = [
    "chain marking { type filter hook prerouting priority mangle; iifname lan0 meta mark set 0x10; }",
    "chain leaving { type nat hook postrouting priority srcnat; oifname gw0 masquerade; }",
  ];
  expect(await runIn(lab.router, ["nft", `table ip grm { ${rules.join("; ")}; }`])).toMatchObject({ status: 0 });
  const pool = '[[pool]]\nname = "marked"\nmark = "0x10/0xff"\nmembers = ["sweden"]\n';
  const text = `${POOLS_FILE.split("[[pool]]")[0]}${pool}`.replaceAll(
    /\[\[gateway\]\]\nname = "(norway|lte)"\n.*\n/g,
    "",
  );
  const daemon = lab.startWithFile(text);
  await daemon.untilReady();
  // The answer is a reset, since nothing listens; `timeout` ends with status 124.
  const connect = () => runIn(lab.client, ["timeout", "1", "bash", "-c", `exec 3<>/dev/tcp/${INTERNET}/81`]);
  await lab.until(
    "marked packets at sweden",
    () =>
      lab.run(["explain", INTERNET, "-from", "10.66.0.2", "-mark", "0x10", "-config", String(daemon.flags["config"])]),
    ({ stdout }) => stdout.startsWith(`${INTERNET} goes through the gateways of pool marked`),
  );
  expect((await connect()).status).toBe(124);
  const report = await check(lab, text);
  expect(report.bad).toEqual(["warning rp_filter"]);
  const { message, remedy = "" } = report.findings.find(({ topic }) => topic === "rp_filter")!;
  expect(message).toContain("whose packets pool marked selects by a mark are dropped");
  expect(await runIn(lab.router, remedy.split(" "))).toMatchObject({ status: 0 });
  expect((await connect()).stderr).toContain("Connection refused");
  expect((await check(lab, text)).bad).toEqual([]);
});

test.each([
  { server: "10.88.0.2", hangs: false },
  { server: "10.78.0.1", hangs: true },
])("an SSH session to $server hangs with a pool for another network: $hangs", async ({ server, hangs }) => {
  const lab = await openScene();
  const [vpn] = POOLS_FILE.split(/(?=\[\[pool\]\]\nname = "rest")/) as [string];
  const env = { SSH_CONNECTION: `8.8.8.8 50000 ${server} 22` };
  const { stdout } = await lab.startWithFile(vpn, { json: true }, { command: ["check"], env }).ended();
  const { findings } = JSON.parse(stdout) as Pick<Report, "findings">;
  expect(findings.some(({ topic }) => topic === "session")).toBe(hangs);
});
