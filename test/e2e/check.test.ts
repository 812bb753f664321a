/** The findings of the check command about a machine, of which it changes nothing. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { check } from "./lab/check.ts";
import { addressOf, CLIENT, IP, openLab, refusing, ROUTER } from "./lab/index.ts";

setDefaultTimeout(60_000);

describe("a machine without problems", () => {
  test("has only ok findings before the service runs", async () => {
    const lab = await openLab();
    const { status, findings, about } = await check(lab);
    expect(status).toBe(0);
    expect(findings.map(({ topic }) => topic)).toEqual([
      ...["ip", "privilege", "kernel rules", "kernel multipath"],
      ...[
        "forwarding",
        "rp_filter",
        "redirects",
        "ipv6",
        "hash policy",
        "instance",
        "table 180",
        "rule 10888",
        "preceding rules",
        "nexthops",
      ],
      ...["metrics port", "systemd-networkd", "NetworkManager"],
      ...[1, 2, 3].map((number) => `gateway ${addressOf(number)}`),
    ]);
    expect(about("ip")[0]!.message).toMatch(/^iproute2 \d/);
    expect(about(`gateway ${addressOf(2)}`)[0]!.message).toMatch(/^healthy: status 200 after \d+ms$/);
    for (const gateway of lab.gateways) expect(gateway.requests).toHaveLength(1);
  });

  test("has only ok findings while the service runs, which does not notice", async () => {
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

  test("has no route, rule, address or link event in the kernel, whatever is found", async () => {
    const lab = await openLab();
    const monitor = await lab.monitor();
    await lab.router.ip("route", "add", "9.0.0.0/8", "via", "10.88.0.1", "table", "180");
    await monitor.events.next(/9\.0\.0\.0/);
    const mark = monitor.events.mark();
    expect((await check(lab)).status).toBe(3);
    await lab.router.ip("route", "del", "9.0.0.0/8", "table", "180");
    await monitor.events.next(/Deleted 9\.0\.0\.0/, mark);
    expect(monitor.events.matching(/^\[(ROUTE|RULE|ADDR|LINK)\]/, mark)).toHaveLength(1); // that end mark alone
  });
});

describe("the machine", () => {
  test("has one finding without ip or with BusyBox's, and none that would need it", async () => {
    const lab = await openLab({ gateways: 1 });
    const missing = await check(lab, {}, { env: { PATH: "/nowhere" } });
    expect(missing).toMatchObject({ status: 1, bad: ["ip"] });
    expect(missing.about("ip")[0]!.remedy).toContain("iproute2");
    expect(missing.about("table 180")).toEqual([]);
    const busyBox = await check(lab, {}, lab.fakeIp('echo "BusyBox v1.36.1" >&2; exit 1'));
    expect(busyBox.about("ip")[0]!.message).toContain("BusyBox");
  });

  test("has an error without the privilege to change routes", async () => {
    const lab = await openLab({ gateways: 1 });
    const wrapper = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
    const { status, bad, about } = await check(lab, {}, { wrapper });
    expect({ status, bad }).toEqual({ status: 1, bad: ["privilege"] });
    expect(about("privilege")[0]!.remedy).toContain("CAP_NET_ADMIN");
  });

  test("has warnings with settings that are wrong for several gateways", async () => {
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

  test("has warnings where devices and gateways are neighbours, and where it forwards IPv6", async () => {
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

  test("has findings for rules and routes of other programs", async () => {
    const lab = await openLab();
    await lab.router.batch([
      "rule add pref 100 from all fwmark 1 lookup main",
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

  test("has an error with the metrics port in use by another program", async () => {
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

  test("has a warning when the SSH session of the user would go through the gateways", async () => {
    const lab = await openLab({ gateways: 1 });
    const from = (address: string) => ({ env: { SSH_CONNECTION: `${address} 50000 ${ROUTER} 22` } });
    expect((await check(lab, {}, from("8.8.8.8"))).about("session")[0]!.remedy).toBe("-exclude-cidr 8.8.8.8/32");
    expect((await check(lab, {}, from(CLIENT))).status).toBe(0);
    expect((await check(lab, { "exclude-cidr": "8.8.8.0/24" }, from("8.8.8.8"))).status).toBe(0);
  });

  test("has ok findings for what a killed run has left", async () => {
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

test("the text for people is a list with remedies, and has colours only on a terminal", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.gateway(2).becomes(refusing);
  const { status, output, complaint } = await lab.start({}, { command: ["check"] }).ended();
  expect({ status, complaint }).toEqual({ status: 3, complaint: "" });
  expect(output).toMatch(/^ok {7}ip +iproute2 /);
  expect(output).toMatch(/\nwarning {2}gateway 10\.77\.0\.12 +connection refused/);
  expect(output).toMatch(/\n +-> Gluetun: set HEALTH_SERVER_ADDRESS/);
  expect(output.trimEnd()).toEndWith("0 errors, 1 warning");
  expect(output).not.toContain("\u001b");
  const terminal = ["script", "--quiet", "--return", "--command"];
  const flags = ["-start-ip", addressOf(1), "-end-ip", addressOf(2)].join(" ");
  const shown = Bun.spawn(
    [IP, "netns", "exec", lab.router.name, ...terminal, `dist/gateway-route-manager check ${flags}`, "/dev/null"],
    {
      env: { PATH: process.env["PATH"]!, TERM: "xterm" },
      stdout: "pipe",
    },
  );
  expect(await shown.stdout.text()).toContain("\u001b[32mok");
  expect(await shown.exited).toBe(3);
});

test("a wrong command line is reported with every problem at once and status 2", async () => {
  const lab = await openLab({ gateways: 1 });
  const { status, output, complaint } = await lab
    .start({ "json=perhaps": true, timeout: "5", prot: 1 }, { command: ["check"] })
    .ended();
  expect({ status, output }).toEqual({ status: 2, output: "" });
  for (const word of ['-json "perhaps=true"', "5s", "prot"]) expect(complaint).toContain(word);
});
