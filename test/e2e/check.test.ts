/** The findings of the check command about the machine and its kernel, and that the command changes nothing. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { check } from "./lab/check.ts";
import { runOnTerminal } from "./lab/executable.ts";
import { addressOf, CLIENT, openLab, refusing, ROUTER } from "./lab/index.ts";

setDefaultTimeout(60_000);

describe("check on a machine without problems", () => {
  test("reports every topic as ok and exits with status 0 before the service runs", async () => {
    const lab = await openLab();
    const { status, findings, about } = await check(lab);
    expect(status).toBe(0);
    expect(findings.map(({ topic }) => topic)).toEqual([
      ...["ip", "privilege", "kernel rules", "kernel multipath"],
      ...[
        "forwarding",
        "rp_filter",
        "redirects",
        "accept_redirects",
        "ipv6",
        "hash policy",
        "instance",
        "table 180",
        "rule 10888",
        "preceding rules",
        "following rules",
        "main routes",
        "nexthops",
        "services",
      ],
      ...["memory", "metrics port", "systemd-networkd", "NetworkManager"],
      ...[1, 2, 3].map((number) => `gateway ${addressOf(number)}`),
    ]);
    expect(about("ip")[0]!.message).toMatch(/^iproute2 \d/);
    expect(about(`gateway ${addressOf(2)}`)[0]!.message).toMatch(/^healthy: status 200 after \d+ms$/);
    for (const gateway of lab.gateways) expect(gateway.requests).toHaveLength(1);
  });

  test("reports the running service as the owner of table, rule and port, and does not disturb it", async () => {
    const lab = await openLab();
    const daemon = lab.start();
    await daemon.untilReady();
    const { status, about } = await check(lab);
    expect(status).toBe(0);
    expect(about("instance")[0]!.message).toContain("an instance runs that manages table 180");
    expect(about("table 180")[0]!.message).toMatch(/routes of the running instance/);
    expect(about("rule 10888")[0]!.message).toContain("running instance");
    expect(about("metrics port")[0]!.message).toContain("that of the running instance");
    await daemon.untilRounds(2);
    expect((await daemon.metrics()).value("route_updates_total", { operation: "update", status: "failure" })).toBe(0);
  });

  test("causes no route, rule, address or link event, even where it reports a foreign route", async () => {
    const lab = await openLab();
    const monitor = await lab.monitor();
    await lab.router.ip("route", "add", "9.0.0.0/8", "via", "10.88.0.1", "table", "180");
    await monitor.events.next(/9\.0\.0\.0/);
    const mark = monitor.events.mark();
    expect((await check(lab)).status).toBe(3);
    await lab.router.ip("route", "del", "9.0.0.0/8", "table", "180");
    await monitor.events.next(/Deleted 9\.0\.0\.0/, mark);
    expect(monitor.events.matching(/^\[(ROUTE|RULE|ADDR|LINK)\]/, mark)).toHaveLength(1); // the deletion above alone
  });
});

describe("check", () => {
  test("reports a missing ip, or BusyBox's, as an error and skips the checks that need it", async () => {
    const lab = await openLab({ gateways: 1 });
    const missing = await check(lab, {}, { env: { PATH: "/nowhere" } });
    expect(missing).toMatchObject({ status: 1, bad: ["ip"] });
    expect(missing.about("ip")[0]!.remedy).toContain("iproute2");
    expect(missing.about("table 180")).toEqual([]);
    const busyBox = await check(lab, {}, lab.fakeIp('echo "BusyBox v1.36.1" >&2; exit 1'));
    expect(busyBox.about("ip")[0]!.message).toContain("BusyBox");
  });

  test("reports a missing CAP_NET_ADMIN as an error", async () => {
    const lab = await openLab({ gateways: 1 });
    const wrapper = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
    const { status, bad, about } = await check(lab, {}, { wrapper });
    expect({ status, bad }).toEqual({ status: 1, bad: ["privilege"] });
    expect(about("privilege")[0]!.remedy).toContain("CAP_NET_ADMIN");
  });

  test("reports forwarding, rp_filter and hash policy settings that do not work with several gateways", async () => {
    const lab = await openLab();
    await lab.router.batch(["link add gw1 up type veth peer name gw2", "link set gw2 up"]);
    await lab.router.ip("address", "add", "10.77.0.250", "peer", `${addressOf(3)}/32`, "dev", "gw1");
    lab.router.tune({
      "ipv4/ip_forward": 0,
      "ipv4/fib_multipath_hash_policy": 0,
      "ipv4/conf/all/rp_filter": 0,
      "ipv4/conf/gw0/rp_filter": 1,
    });
    const { bad, about } = await check(lab);
    expect(bad).toContainValues(["forwarding", "rp_filter", "hash policy"]);
    expect(about("rp_filter")[0]!.message).toStartWith("strict (1) on gw0, and the gateways are behind 2 interfaces");
    expect(about("hash policy")[0]!.message).toContain("one client to one server");
    expect(about("hash policy")[0]!.remedy).toContain("net.ipv4.fib_multipath_hash_policy=1");
  });

  test("reports where answers to probes beyond the gateways are dropped while no gateway is in use", async () => {
    const lab = await openLab();
    const filterWith = async (flags: Record<string, string>) => {
      const { about } = await check(lab, { through: "icmp:1.1.1.1", ...flags });
      return about("rp_filter")[0]!;
    };
    lab.router.tune({ "ipv4/ping_group_range": "0 2147483647", "ipv4/conf/all/rp_filter": 1 });
    const strict = await filterWith({});
    expect(strict.message).toContain(
      "answers of targets beyond the gateways are dropped (the default route uses wan0)",
    );
    expect(await filterWith({ "when-no-gateways": "unreachable" })).toMatchObject({ level: "ok" });
    lab.router.tune({ "ipv4/conf/all/rp_filter": 2 });
    expect(await filterWith({})).toMatchObject({ level: "ok" });
    await lab.router.ip("route", "del", "default");
    expect((await filterWith({})).message).toContain("(this machine has no default route)");
  });

  test("reports redirects where clients and gateways share a network, and IPv6 that bypasses the gateways", async () => {
    const lab = await openLab({ gateways: 1 });
    lab.router.tune({
      "ipv6/conf/all/disable_ipv6": 0,
      "ipv6/conf/wan0/disable_ipv6": 0,
      "ipv6/conf/all/forwarding": 1,
    });
    await lab.router.ip("-6", "route", "add", "default", "dev", "wan0");
    for (const device of ["lan0", "wan0"]) await lab.router.ip("-4", "address", "flush", "dev", device);
    const { bad, about } = await check(lab, { route: ["default", "10.77.0.0/25"] });
    expect(bad).toEqual(["redirects", "ipv6", "routes"]);
    expect(about("redirects")[0]!.message).toStartWith("send_redirects is on at gw0");
    lab.router.tune({ "ipv4/conf/all/send_redirects": 0, "ipv4/conf/gw0/send_redirects": 0 });
    await lab.router.ip("-6", "route", "del", "default");
    expect((await check(lab)).bad).toEqual([]);
  });

  test("reports foreign rules and routes that take precedence over the managed ones", async () => {
    const lab = await openLab();
    await lab.router.batch([
      "rule add pref 100 from all fwmark 1 lookup 8",
      "route add default via 10.88.0.1 table 8",
      "rule add pref 200 from all lookup main",
      "rule add pref 300 from all lookup main suppress_prefixlength 0",
      "rule add pref 10888 from 10.9.0.0/16 lookup 7",
      "route add default via 10.88.0.1 table 180",
    ]);
    const { status, bad, about } = await check(lab);
    expect(status).toBe(1);
    expect(bad).toEqual(["table 180", "rule 10888", "preceding rules", "preceding rules"]);
    expect(about("table 180")[0]!.level).toBe("error");
    expect(about("preceding rules").map(({ level, message }) => `${level} ${message.split(":")[0]}`)).toEqual([
      "warning 100",
      "error 200",
    ]);
    expect((await check(lab, { "first-rule-preference": 150, "first-routing-table-id": 181 })).bad).toEqual([
      "preceding rules",
    ]);
  });

  test("reports a metrics port that is in use by another program, or an address that the machine does not have", async () => {
    const lab = await openLab({ gateways: 1 });
    lab.serve(lab.router, "127.0.0.1", 9090);
    const { status, about } = await check(lab);
    expect(status).toBe(1);
    expect(about("metrics port")[0]).toMatchObject({
      level: "error",
      message: "port 9090 is in use by another program",
    });
    const elsewhere = await check(lab, { "metrics-address": "192.0.2.1" });
    expect(elsewhere.about("metrics port")[0]!.message).toContain("EADDRNOTAVAIL");
  });

  test("warns of an SSH session from a public address that no exclusion covers", async () => {
    const lab = await openLab({ gateways: 1 });
    const from = (address: string) => ({ env: { SSH_CONNECTION: `${address} 50000 ${ROUTER} 22` } });
    expect((await check(lab, {}, from("8.8.8.8"))).about("session")[0]!.remedy).toBe("-exclude-cidr 8.8.8.8/32");
    expect((await check(lab, {}, from(CLIENT))).status).toBe(0);
    expect((await check(lab, { "exclude-cidr": "8.8.8.0/24" }, from("8.8.8.8"))).status).toBe(0);
  });

  test("reports the routes that a killed run has left, and when they are removed", async () => {
    const lab = await openLab();
    const daemon = lab.start();
    await daemon.untilReady();
    await daemon.kill();
    const here = await check(lab);
    expect(here.status).toBe(0);
    expect(here.about("table 180")[0]!.message).toContain("killed");
    const elsewhere = await check(lab, { "first-routing-table-id": 181, "first-rule-preference": 10889 });
    expect(elsewhere.about("table 180")[0]!.message).toContain("the next start removes them");
  });
});

test("check without -json prints a list with remedies, in colour on a terminal alone", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.gateway(2).becomes(refusing);
  const { status, stdout, stderr } = await lab.start({}, { command: ["check"] }).ended();
  expect({ status, stderr }).toEqual({ status: 3, stderr: "" });
  expect(stdout).toMatch(/^ok {7}ip +iproute2 /);
  expect(stdout).toMatch(/\nwarning {2}gateway 10\.77\.0\.12 +connection refused/);
  expect(stdout).toMatch(/\n +-> Gluetun: set HEALTH_SERVER_ADDRESS/);
  expect(stdout.trimEnd()).toEndWith("0 errors, 1 warning");
  expect(stdout).not.toContain("\u001b");
  const flags = ["-start-ip", addressOf(1), "-end-ip", addressOf(2)];
  const onTerminal = await runOnTerminal(lab.router, ["check", ...flags], { env: { TERM: "xterm" } });
  expect(onTerminal.stdout).toContain("\u001b[32mok");
  expect(onTerminal.status).toBe(3);
});

test("check with a wrong command line reports every problem at once and exits with status 2", async () => {
  const lab = await openLab({ gateways: 1 });
  const { status, stdout, stderr } = await lab
    .start({ "json=perhaps": true, timeout: "5", prot: 1 }, { command: ["check"] })
    .ended();
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  for (const word of ['-json "perhaps=true"', "5s", "prot"]) expect(stderr).toContain(word);
});
