/** What keeps the service from starting is reported in one line, before anything is changed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { type Lab, openLab, PORT, refusing } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** The one line of a start that fails, which leaves the kernel as it was. */
async function failureOf(lab: Lab, ...how: Parameters<Lab["start"]>): Promise<string> {
  const before = await lab.snapshot();
  const { status, complaint } = await lab.start(...how).ended();
  expect({ status, lines: complaint.trimEnd().split("\n").length }).toEqual({ status: 1, lines: 1 });
  expect(await lab.snapshot()).toBe(before);
  return complaint;
}

test("a start without ip fails with its package as remedy", async () => {
  const lab = await openLab({ gateways: 1 });
  expect(await failureOf(lab, {}, { env: { PATH: "/nowhere" } })).toContain("iproute2");
});

test("a start with BusyBox's ip fails with the package as remedy", async () => {
  const lab = await openLab({ gateways: 1 });
  expect(await failureOf(lab, {}, lab.fakeIp(busyBoxIp))).toContain("iproute2");
});

test("a start with an ip that fails reports its message", async () => {
  const lab = await openLab({ gateways: 1 });
  const broken = 'case "$*" in *-batch*) echo "it broke" >&2; exit 1 ;; esac\nexec "$IP" "$@"';
  expect(await failureOf(lab, {}, lab.fakeIp(broken))).toContain("it broke");
});

test("a stop during a start that waits for ip takes effect at once", async () => {
  const lab = await openLab({ gateways: 1 });
  const ip = lab.fakeIp("exec sleep 60");
  const before = await lab.snapshot();
  const daemon = lab.start({}, { env: ip.env });
  await daemon.log.next(/starts/);
  expect(await daemon.stop()).toMatchObject({ status: 0, complaint: "" });
  expect(await lab.snapshot()).toBe(before);
});

test("a start without the privilege to change routes fails with the capability as remedy", async () => {
  const lab = await openLab({ gateways: 1 });
  const wrapper = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
  expect(await failureOf(lab, {}, { wrapper })).toContain("NET_ADMIN");
});

test("a start without multipath routes in the kernel fails", async () => {
  const lab = await openLab({ gateways: 2 });
  const hide = 'mount -t tmpfs none /proc/sys/net/ipv4 && exec "$0" "$@"';
  expect(await failureOf(lab, {}, { wrapper: ["unshare", "--mount", "sh", "-c", hide] })).toMatch(/multipath/i);
});

test("a start with the metrics port in use fails and names the port", async () => {
  const lab = await openLab({ gateways: 1 });
  lab.serve(lab.router, "127.0.0.1");
  expect(await failureOf(lab, { "metrics-port": PORT })).toContain(String(PORT));
});

test("a start of a plain user with a privileged metrics port fails with another port as remedy", async () => {
  const lab = await openLab({ gateways: 1 });
  const privilege = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin"];
  const wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...privilege];
  const complaint = await failureOf(lab, { "metrics-port": 80 }, { wrapper });
  expect(complaint).toContain("no privilege to listen on port 80; choose a -metrics-port above 1023");
});

test("a start with the table of a running instance fails, and that one goes on", async () => {
  const lab = await openLab();
  const first = lab.start();
  await first.untilReady();
  await lab.untilRouted([1, 2, 3]);
  expect(await failureOf(lab, { "metrics-port": 9191 })).toContain("180");
  await first.untilReady();
});

test("a wrong command line is reported with every problem at once and status 2", async () => {
  const lab = await openLab({ gateways: 1 });
  const before = await lab.snapshot();
  const { status, output, complaint } = await lab.start({ timeout: "5", route: "nonsense", prot: 1 }).ended();
  expect({ status, output }).toEqual({ status: 2, output: "" });
  for (const word of ["timeout", "5s", "nonsense", "prot"]) expect(complaint).toContain(word);
  expect(await lab.snapshot()).toBe(before);
});

test("an old iproute2, whose batch lines are short, still gets 100 gateways into the route", async () => {
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

/** Before iproute2 5.14 a batch line had at most 99 words; the lines before a longer one were carried out. */
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
