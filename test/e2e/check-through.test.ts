/**
 * The check command with probes beyond the gateways: what it reports, and the rules and routes that it makes for them,
 * which are gone afterwards, however it ends.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { check } from "./lab/check.ts";
import { addressOf, type Daemon, type Lab, type LabOptions, openLab, refusing } from "./lab/index.ts";

setDefaultTimeout(60_000);

const ICMP = { through: "icmp:1.1.1.1,9.9.9.9", "through-period": "2s", "through-timeout": "1s" };
/** Probes that last: a target that no gateway reaches. */
const LASTING = { through: "icmp:1.1.1.1,9.9.9.9", "through-period": "30s", "through-timeout": "20s" };
const MARKS = "fwmark 0xad000001/0xff0000ff lookup 18001";

async function openThroughLab(options: LabOptions = { gateways: 2 }): Promise<Lab> {
  const lab = await openLab(options);
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  return lab;
}

async function silence(lab: Lab, gateways = lab.gatewaySpaces): Promise<void> {
  for (const space of gateways) {
    await space.batch(["1.0.0.0/8", "9.0.0.0/8"].map((network) => `route delete local ${network} dev lo`));
    await space.batch(["1.0.0.0/8", "9.0.0.0/8"].map((network) => `route add blackhole ${network}`));
  }
}

/** The opposite of silence; probes that are under way stay without an answer. */
async function speak(lab: Lab): Promise<void> {
  for (const space of lab.gatewaySpaces) {
    await space.batch(["1.0.0.0/8", "9.0.0.0/8"].map((network) => `route delete blackhole ${network}`));
    await space.batch(["1.0.0.0/8", "9.0.0.0/8"].map((network) => `route add local ${network} dev lo`));
  }
}

const untilMarked = (lab: Lab): Promise<string> =>
  lab.until(
    "the rules for probes",
    () => lab.snapshot(),
    (text) => text.includes(MARKS),
  );

/** A check in the middle of its probes. */
async function startCheck(lab: Lab, command = "check"): Promise<Daemon> {
  await silence(lab);
  const running = lab.start(LASTING, { command: [command] });
  await untilMarked(lab);
  return running;
}

describe("check with -through", () => {
  test("asks every target once through each gateway, and reports that they answer", async () => {
    const lab = await openThroughLab();
    const { status, findings, about } = await check(lab, { ...ICMP, "exclude-cidr": "8.0.0.0/8" });
    expect(status).toBe(0);
    const topics = findings.map(({ topic }) => topic);
    expect(topics).toContain("probes");
    expect(topics).toEqual(expect.arrayContaining(["rules 100 to 103", "tables 18001 to 18002", "mark 0xad000000"]));
    for (const gateway of [1, 2]) {
      const [one, ...more] = about(`through ${addressOf(gateway)}`);
      expect(one!.message).toMatch(/^icmp 1\.1\.1\.1, 9\.9\.9\.9: echo reply after \d+ms$/);
      expect(more).toEqual([]);
    }
  });

  test("uses the rules and routes of a running service, and does not disturb it", async () => {
    const lab = await openThroughLab();
    const daemon = lab.start({ ...ICMP, "through-period": "500ms", "through-timeout": "500ms" });
    await daemon.untilReady();
    const monitor = await lab.monitor();
    const mark = monitor.events.mark();
    const { status, about } = await check(lab, ICMP);
    expect(status).toBe(0);
    expect(about("rules 100 to 103")[0]!.message).toBe("hold the rules for probes of the running instance");
    expect(about("tables 18001 to 18002")[0]!.message).toBe("hold the routes for probes of the running instance");
    expect(about("table 18001")).toEqual([]);
    expect(monitor.events.matching(/lookup|proto 173/, mark)).toEqual([]);
    await daemon.stop();
  });

  test("is an error beside a running service that has the preferences with other flags", async () => {
    const lab = await openThroughLab();
    const daemon = lab.start(ICMP);
    await daemon.untilReady();
    const flags = { ...ICMP, "end-ip": addressOf(1), "first-routing-table-id": 190, "first-rule-preference": 10_000 };
    const { about, status } = await check(lab, flags);
    expect(status).toBe(1);
    expect(about("through")[0]!.message).toStartWith("another running instance");
    await daemon.stop();
  });

  test("leaves what a killed service left for the next start", async () => {
    const lab = await openThroughLab();
    const daemon = lab.start(ICMP);
    await daemon.untilReady();
    await daemon.kill();
    const { about } = await check(lab, ICMP);
    expect(about("rules 100 to 103")[0]!.message).toContain("a run that was killed; the next start takes them over");
    const others = await check(lab, { ...ICMP, "end-ip": addressOf(1) });
    expect(others.about(`through ${addressOf(1)}`)[0]!.level).toBe("ok");
  });

  test("names gateways that do not forward, and those that are unreachable, without -through-only and with it", async () => {
    const lab = await openThroughLab({ gateways: 3 });
    await silence(lab, [lab.gatewaySpace(2)]);
    await lab.gatewaySpace(3).ip("link", "set", "eth0", "down");
    for (const only of [false, true]) {
      const { about, bad, status } = await check(lab, { ...ICMP, "through-only": only });
      expect(status).toBe(3);
      const own = only ? ["flags"] : [`gateway ${addressOf(3)}`]; // -check-period has no effect then
      expect(bad).toEqual([...own, ...[2, 3].map((one) => `through ${addressOf(one)}`)]);
      expect(about(`through ${addressOf(2)}`)[0]!.remedy).toContain(
        "on the gateway: iptables -t nat -A POSTROUTING -o tun0 -j MASQUERADE",
      );
      expect(about(`through ${addressOf(3)}`)[0]!.message).toMatch(/^icmp .*(unreachable|no answer through it)/);
    }
  });

  test("warns of probers that fail with -through-require any, while another one finds a gateway up", async () => {
    const lab = await openThroughLab();
    for (const gateway of lab.gateways) gateway.becomes(refusing);
    await silence(lab, [lab.gatewaySpace(2)]);
    const topics = [...[1, 2].map((one) => `gateway ${addressOf(one)}`), `through ${addressOf(2)}`];
    for (const [require, expected, level] of [
      ["any", 3, "warning"],
      ["all", 1, "error"],
    ] as const) {
      const { about, bad, status } = await check(lab, { ...ICMP, "through-require": require });
      expect({ status, bad }).toEqual({ status: expected, bad: topics });
      expect(about(topics[0]!)[0]!.level).toBe(level);
    }
  });

  test("of several at once, each waits for the others", async () => {
    const lab = await openThroughLab();
    const before = await lab.snapshot();
    const runs = [1, 2, 3].map(() => lab.start({ ...ICMP, json: true }, { command: ["check"] }).ended());
    for (const { status } of await Promise.all(runs)) expect(status).toBe(0);
    expect(await lab.snapshot()).toBe(before);
  });
});

describe.each(["check", "plan"])("a %s in the middle of its probes", (command) => {
  test("lets a service start, repeats its probes through the rules of that, and leaves them", async () => {
    const lab = await openThroughLab();
    const before = await lab.snapshot();
    const running = await startCheck(lab, command);
    await speak(lab);
    const daemon = lab.start({ ...ICMP, "through-period": "500ms", "through-timeout": "500ms" });
    await daemon.untilReady();
    const settled = await lab.snapshot();
    expect((await running.ended()).stdout).not.toMatch(/another (running )?instance|no answer/);
    expect(await lab.snapshot()).toBe(settled);
    expect(daemon.log.matching(/removed or altered|cannot/).map(({ text }) => text)).toEqual([]);
    await daemon.stop();
    expect(await lab.snapshot()).toBe(before);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const)(
    "removes its rules and routes on %s",
    async (signal) => {
      const lab = await openThroughLab();
      const before = await lab.snapshot();
      const running = await startCheck(lab, command);
      const { status } = await running.stop(signal);
      expect(status).toBeGreaterThan(128);
      expect(await lab.snapshot()).toBe(before);
    },
  );
});

test("of a killed check, the next start of a service removes the rules and routes, also without -through", async () => {
  const lab = await openThroughLab();
  const before = await lab.snapshot();
  const running = await startCheck(lab);
  await running.kill();
  expect(await lab.snapshot()).toContain(MARKS);
  const { about } = await check(lab);
  expect(about("rules 100 to 103")[0]!.message).toContain("a run that was killed; the next start removes them");
  const daemon = lab.start();
  await lab.until(
    "the rules for probes to be removed",
    () => lab.snapshot(),
    (text) => !text.includes("18001"),
  );
  await daemon.stop();
  expect(await lab.snapshot()).toBe(before);
});

test("of a killed check, the next start with -through takes the rules and routes over", async () => {
  const lab = await openThroughLab();
  const before = await lab.snapshot();
  const running = await startCheck(lab);
  await running.kill();
  const daemon = lab.start({ ...ICMP, "through-period": "500ms", "through-timeout": "500ms" });
  await daemon.untilReady();
  await daemon.stop();
  expect(await lab.snapshot()).toBe(before);
});

test("a check whose changes the kernel rejects reports that, and leaves nothing", async () => {
  const lab = await openThroughLab();
  const script = `
    [ "$1 $2" = "-4 -N" ] && [ "$3" = -batch ] && input=$(cat) && case $input in
      *0xad000002*) printf '%s\\n' "$input" | head -2 | $IP "$@"; echo "RTNETLINK answers: Invalid argument" >&2; echo "Command failed -:3" >&2; exit 1 ;;
    esac
    [ -n "$input" ] && { printf '%s\\n' "$input" | $IP "$@"; exit; }
    exec $IP "$@"`;
  const { status, about } = await check(lab, ICMP, { env: lab.fakeIp(script).env });
  expect(status).toBe(1);
  expect(about("through")[0]!.message).toStartWith("cannot make the rules and routes for probes: the kernel rejected");
});
