/** What stands in the way is told in one line at the start, before anything is changed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { type Lab, openLab, PORT, refusing } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** The one line with which the executable refuses to start, having left the kernel as it was. */
async function refusal(lab: Lab, ...how: Parameters<Lab["start"]>): Promise<string> {
  const before = await lab.snapshot();
  const { status, complaint } = await lab.start(...how).ended();
  expect({ status, lines: complaint.trimEnd().split("\n").length }).toEqual({ status: 1, lines: 1 });
  expect(await lab.snapshot()).toBe(before);
  return complaint;
}

test("without ip", async () => {
  const lab = await openLab({ gateways: 1 });
  expect(await refusal(lab, {}, { env: { PATH: "/nowhere" } })).toContain("iproute2");
});

test("with BusyBox's ip", async () => {
  const lab = await openLab({ gateways: 1 });
  expect(await refusal(lab, {}, lab.fakeIp(busyBoxIp))).toContain("iproute2");
});

test("with an ip that fails", async () => {
  const lab = await openLab({ gateways: 1 });
  const broken = 'case "$*" in *-batch*) echo "it broke" >&2; exit 1 ;; esac\nexec "$IP" "$@"';
  expect(await refusal(lab, {}, lab.fakeIp(broken))).toContain("it broke");
});

test("a stop while ip still hangs ends it at once", async () => {
  const lab = await openLab({ gateways: 1 });
  const ip = lab.fakeIp("exec sleep 60");
  const before = await lab.snapshot();
  const daemon = lab.start({}, { env: ip.env });
  await daemon.log.next(/starts/);
  expect(await daemon.stop()).toMatchObject({ status: 0, complaint: "" });
  expect(await lab.snapshot()).toBe(before);
});

test("without the privilege to change routes", async () => {
  const lab = await openLab({ gateways: 1 });
  const wrapper = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
  expect(await refusal(lab, {}, { wrapper })).toContain("NET_ADMIN");
});

test("without multipath routing in the kernel", async () => {
  const lab = await openLab({ gateways: 2 });
  const hide = 'mount -t tmpfs none /proc/sys/net/ipv4 && exec "$0" "$@"';
  expect(await refusal(lab, {}, { wrapper: ["unshare", "--mount", "sh", "-c", hide] })).toMatch(/multipath/i);
});

test("with the metrics port in use", async () => {
  const lab = await openLab({ gateways: 1 });
  lab.serve(lab.router, "127.0.0.1");
  expect(await refusal(lab, { "metrics-port": PORT })).toContain(String(PORT));
});

test("with a metrics port that a plain user may not have", async () => {
  const lab = await openLab({ gateways: 1 });
  const privilege = ["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin"];
  const wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...privilege];
  const complaint = await refusal(lab, { "metrics-port": 80 }, { wrapper });
  expect(complaint).toContain("no privilege to listen on port 80; choose a -metrics-port above 1023");
});

test("with another instance on the same table", async () => {
  const lab = await openLab();
  const first = lab.start();
  await first.untilReady();
  await lab.untilRouted([1, 2, 3]);
  expect(await refusal(lab, { "metrics-port": 9191 })).toContain("180");
  await first.untilReady();
});

test("a wrong command line: every problem at once, with status 2", async () => {
  const lab = await openLab({ gateways: 1 });
  const before = await lab.snapshot();
  const { status, output, complaint } = await lab.start({ timeout: "5", route: "nonsense", prot: 1 }).ended();
  expect({ status, output }).toEqual({ status: 2, output: "" });
  for (const word of ["timeout", "5s", "nonsense", "prot"]) expect(complaint).toContain(word);
  expect(await lab.snapshot()).toBe(before);
});

test("an old iproute2, whose batches take short lines only, still gets 100 gateways into the route", async () => {
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
