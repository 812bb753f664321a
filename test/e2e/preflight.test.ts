/** A start that cannot succeed ends with one line on standard error, before anything in the kernel is changed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, copyFileSync } from "node:fs";
import { dirname } from "node:path";

import { giveNetAdmin } from "../fixtures/file-capabilities.ts";
import { EXECUTABLE } from "./lab/executable.ts";
import { check } from "./lab/check.ts";
import { addressOf, type Lab, openLab, PORT, refusing } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** The one line with which a start fails with status 1; expects that the kernel's rules and routes are unchanged. */
async function failedStart(lab: Lab, ...how: Parameters<Lab["start"]>): Promise<string> {
  const before = await lab.snapshot();
  const { status, stderr } = await lab.start(...how).ended();
  expect({ status, lines: stderr.trimEnd().split("\n").length }).toEqual({ status: 1, lines: 1 });
  expect(await lab.snapshot()).toBe(before);
  return stderr;
}

test("a start without ip fails and names iproute2", async () => {
  const lab = await openLab({ gateways: 1 });
  expect(await failedStart(lab, {}, { env: { PATH: "/nowhere" } })).toContain("iproute2");
});

test("a start with BusyBox's ip fails and names iproute2", async () => {
  const lab = await openLab({ gateways: 1 });
  expect(await failedStart(lab, {}, lab.fakeIp(busyBoxIp))).toContain("iproute2");
});

test("a start with an ip that fails shows the error message of ip", async () => {
  const lab = await openLab({ gateways: 1 });
  const broken = 'case "$*" in *-batch*) echo "it broke" >&2; exit 1 ;; esac\nexec "$IP" "$@"';
  expect(await failedStart(lab, {}, lab.fakeIp(broken))).toContain("it broke");
});

test("SIGTERM ends a start that waits for a hanging ip", async () => {
  const lab = await openLab({ gateways: 1 });
  const ip = lab.fakeIp("exec sleep 60");
  const before = await lab.snapshot();
  const daemon = lab.start({}, { env: ip.env });
  await daemon.log.next(/starts/);
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  expect(await lab.snapshot()).toBe(before);
});

test("a start without the privilege to change routes fails and names CAP_NET_ADMIN", async () => {
  const lab = await openLab({ gateways: 1 });
  const wrapper = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
  expect(await failedStart(lab, {}, { wrapper })).toContain("NET_ADMIN");
});

test("a start with the capabilities of the executable's file fails, and names them and what works", async () => {
  const lab = await openLab({ gateways: 1 });
  const copy = lab.file("gateway-route-manager", "");
  copyFileSync(EXECUTABLE, copy);
  giveNetAdmin(copy);
  chmodSync(dirname(copy), 0o755);
  const wrapper = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"];
  const stderr = await failedStart(lab, {}, { wrapper, executable: copy });
  expect(stderr).toContain("the capabilities of the executable's file (setcap) do not reach the ip command");
  expect(stderr).toContain("run as root or with ambient capabilities (systemd AmbientCapabilities=CAP_NET_ADMIN");
  expect(stderr).toContain(`setcap -r ${copy}`);
});

test("a start on a kernel without multipath routing fails and says so", async () => {
  const lab = await openLab({ gateways: 2 });
  const hide = 'mount -t tmpfs none /proc/sys/net/ipv4 && exec "$0" "$@"';
  expect(await failedStart(lab, {}, { wrapper: ["unshare", "--mount", "sh", "-c", hide] })).toMatch(/multipath/i);
});

test("a start with a metrics port that is in use fails and names the port", async () => {
  const lab = await openLab({ gateways: 1 });
  lab.serve(lab.router, "127.0.0.1");
  expect(await failedStart(lab, { "metrics-port": PORT })).toContain(String(PORT));
});

test("a start of an unprivileged user with a metrics port below 1024 fails and names the remedy", async () => {
  const lab = await openLab({ gateways: 1 });
  const privilege = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin"];
  const wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...privilege];
  const stderr = await failedStart(lab, { "metrics-port": 80 }, { wrapper });
  expect(stderr).toContain("no privilege to listen on port 80; choose a -metrics-port above 1023");
});

test("a start with the table of a running instance fails and names the table", async () => {
  const lab = await openLab();
  const first = lab.start();
  await first.untilReady();
  await lab.untilRouted([1, 2, 3]);
  expect(await failedStart(lab, { "metrics-port": 9191 })).toContain("180");
  await first.untilReady();
});

test("a start with a wrong command line reports every problem at once and exits with status 2", async () => {
  const lab = await openLab({ gateways: 1 });
  const before = await lab.snapshot();
  const { status, stdout, stderr } = await lab.start({ timeout: "5", route: "nonsense", prot: 1 }).ended();
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  for (const word of ["timeout", "5s", "nonsense", "prot"]) expect(stderr).toContain(word);
  expect(await lab.snapshot()).toBe(before);
});

test("a route has 100 gateways also with an old iproute2, which reads at most 99 words of a batch line", async () => {
  const lab = await openLab({ gateways: 100, shared: true });
  lab.start({ "check-period": "1s", timeout: "1s" }, lab.fakeIp(oldIp));
  const all = lab.gateways.map((_, index) => index + 1);
  await lab.untilRouted(all);
  lab.gateway(50).becomes(refusing);
  await lab.untilRouted(all.filter((number) => number !== 50));
});

const busyBoxIp = `
echo "ip: unrecognized option: V
BusyBox v1.36.1 () multi-call binary.

Usage: ip [OPTIONS] address|route|link|tunnel|neigh|rule [ARGS]" >&2
exit 1`;

/** Before iproute2 5.14 a batch line had at most 99 words; the lines before a longer one were executed. */
const oldIp = `
case "$*" in
*-V*) echo "ip utility, iproute2-5.9.0" ;;
*-batch*)
  lines=$(mktemp)
  awk -v lines="$lines" 'NF > 99 { exit 1 } { print > lines }' && long=0 || long=1
  $IP "$@" < "$lines"
  status=$?
  rm "$lines"
  [ $long = 0 ] && exit $status
  echo "Too many arguments to command" >&2
  exit 1
  ;;
*) exec $IP "$@" ;;
esac`;

test("a start with iproute2 5.3, whose JSON of multipath routes is invalid, fails with the release as remedy", async () => {
  const lab = await openLab({ gateways: 2 });
  const ip = lab.fakeIp('case "$*" in -V) echo "ip utility, iproute2-ss190924" ;; *) exec $IP "$@" ;; esac');
  expect(await failedStart(lab, {}, ip)).toContain("install iproute2 5.4 or newer");
  const { about } = await check(lab, {}, ip);
  expect(about("ip")).toMatchObject([{ level: "error", message: expect.stringContaining("multipath routes") }]);
  expect(about("ip")[0]!.remedy).toStartWith("install iproute2 5.4 or newer");
});

test("a start with a file whose probes cannot be sent names no flag that the user has not given", async () => {
  const lab = await openLab({ gateways: 1 });
  lab.router.tune({ "ipv4/ping_group_range": "1 0" });
  const file = `[probe.internet]\ntype = "icmp"\ntargets = ["1.1.1.1"]\n[[gateway]]\naddress = "${addressOf(1)}"\n`;
  const { status, stderr } = await lab.startWithFile(file).ended();
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/: probes beyond the gateways: cannot send echo requests: .*; sysctl -w /),
  });
});
