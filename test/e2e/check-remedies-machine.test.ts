/**
 * Each remedy of the check command about iproute2 and the kernel, carried out: with it, the finding is gone. Kernels and
 * releases of iproute2 that lack something are simulated: by a stand-in for `ip`, or by hiding what the kernel shows in
 * /proc/sys.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync } from "node:fs";

import { check } from "./lab/check.ts";
import { addressOf, type Lab, openLab } from "./lab/index.ts";
import {
  AS_NOBODY,
  cure,
  curesIn,
  expectInRemedy,
  paste,
  setting,
  type Setup,
  type TopicCase,
} from "./lab/remedies.ts";

setDefaultTimeout(60_000);

type MachineCase = TopicCase<Lab>;

const describeCases = curesIn(() => openLab({ gateways: 2 }));

/** A stand-in for `ip`, and this machine's own as the one that the remedy has installed. */
const withIp = (lines: string, pattern: RegExp): MachineCase =>
  setting((lab) => ({ options: lab.fakeIp(lines) }), pattern, { options: {} });

const when = (words: string, then: string): string => `case "$*" in ${words}) ${then} ;; *) exec $IP "$@" ;; esac`;

describeCases("there is a usable ip after the remedy:", "ip", {
  "for none": setting(() => ({ options: { env: { PATH: "/nowhere" } } }), /^install iproute2/, { options: {} }),
  "for BusyBox's": withIp('echo "BusyBox v1.36.1" >&2; exit 1', /^install iproute2/),
  "for another program's": withIp("echo hello", /^install iproute2/),
  "for a release before 5.4": withIp(
    when("-V", 'echo "ip utility, iproute2-5.3.0"'),
    /^install iproute2 5\.4 or newer/,
  ),
  "for one that a signal ends": withIp(when("-V", "kill -9 $$"), /^check that ip -V works$/),
  "for one that hangs": withIp(when("-V", "exec sleep 60"), /^check that ip -V works$/),
  "for one that prints without end": withIp(when("-V", "exec cat /dev/zero"), /^reinstall iproute2/),
  "for a limit that leaves no file descriptor": setting(
    () => ({ options: { wrapper: ["prlimit", "--nofile=11:11"] } }), // without room for the pipes to ip
    /^raise the limits of the service or of this machine \(LimitNOFILE, TasksMax, ulimit\)$/,
    { options: { wrapper: ["prlimit", "--nofile=1024:1024"] } },
  ),
  "for one that is no program": {
    make(lab) {
      const ip = lab.fakeIp("");
      chmodSync(`${ip.env.PATH.split(":")[0]}/ip`, 0o644);
      return { options: { env: { PATH: ip.env.PATH.split(":")[0]! } } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^(re)?install iproute2/);
      return { options: {} };
    },
  },
});

describeCases("the kernel's state can be read after the remedy:", "routing", {
  "from an ip that prints no JSON": withIp(when("*-batch*", "echo hello"), /^reinstall iproute2/),
  "from an ip that prints without end": withIp(when("*-batch*", "exec cat /dev/zero"), /^reinstall iproute2/),
  "from an ip that hangs": withIp(when("*-batch*", "exec sleep 60"), /^correct this, then run check again$/),
  "from an ip that fails": withIp(when("*-batch*", "echo broken >&2; exit 1"), /^correct this, then run check again$/),
});

const WITHOUT = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];

describeCases("routes may be changed after the remedy:", "privilege", {
  "as root": setting(() => ({ options: { wrapper: WITHOUT } }), /^run as root/, { options: {} }),
  "as another user with the capability": setting(
    () => ({ options: { wrapper: WITHOUT } }),
    /AmbientCapabilities=CAP_NET_ADMIN/,
    {
      options: { wrapper: AS_NOBODY },
    },
  ),
});

/** The kernel shows of its settings for IPv4 only these. */
const showing = (...names: string[]): Setup => {
  const files = names.map((name) => `echo 0 >/proc/sys/net/ipv4/${name}`);
  const hide = ["mount -t tmpfs none /proc/sys/net/ipv4", ...files, 'exec "$0" "$@"'].join(" && ");
  return { options: { wrapper: ["unshare", "--mount", "sh", "-c", hide] } };
};

describe("a kernel that lacks something, which is simulated, suffices after the remedy:", () => {
  test.each<[string, string, MachineCase]>([
    [
      "routing rules, in another kernel",
      "kernel rules",
      withIp(
        when('*"rule show"*', 'echo "RTNETLINK answers: Operation not supported" >&2; exit 2'),
        /^use a kernel that has them$/,
      ),
    ],
    [
      "multipath routes, in another kernel",
      "kernel multipath",
      setting(() => showing(), /^use a kernel that has them/, { options: {} }),
    ],
    [
      "multipath routes, with one gateway",
      "kernel multipath",
      setting(() => showing(), /or a range of one gateway$/, { flags: { "end-ip": addressOf(1) } }),
    ],
    [
      "a hash of ports, in another kernel",
      "hash policy",
      setting(() => showing("fib_multipath_use_neigh"), /^use Linux 4\.12 or newer/, { options: {} }),
    ],
  ])("%s", async (_, topic, one) => {
    await cure(await openLab({ gateways: 2 }), { topic, ...one });
  });
});

/** An ip whose output for an interface has not the usual form. */
const unreadable = (device: string): string =>
  when("*-j*", `$IP "$@" | sed 's/"ifname":"${device}"/"ifname":["${device}"]/'`);

describeCases("every interface can be read after the remedy:", "interfaces", {
  "another name": {
    make: (lab) =>
      lab.router.batch(["link add v\u0001x type veth peer name v2", "address add 10.99.0.1/24 dev v\u0001x"]),
    async carryOut(remedy, lab) {
      const command = expectInRemedy(remedy, /\((ip link set NAME name NEWNAME)\)$/);
      await paste(lab.router, command.replace("NEWNAME", "vx").replace("NAME", "'v\u0001x'"));
    },
  },
  "another release of iproute2": withIp(unreadable("lan0"), /^install another release of iproute2/),
});

test("the network of an interface that cannot be read is reached with the exclusion of the remedy", async () => {
  const lab = await openLab({ gateways: 1 });
  const device = ["link add lan2 type veth peer name peer2", "link set lan2 up", "link set peer2 up"];
  await lab.router.batch([...device, "address add 9.9.9.1/24 dev lan2"]);
  const ip = lab.fakeIp(unreadable("lan2"));
  const pathWith = async (flags: Setup["flags"]): Promise<string> => {
    const daemon = lab.start(flags, ip);
    await daemon.untilReady();
    await lab.untilRouted([1]);
    const path = await lab.router.ip("route", "get", "9.9.9.9");
    await daemon.stop();
    return path;
  };
  expect(await pathWith({})).toContain(`via ${addressOf(1)} `);
  const [finding] = (await check(lab, {}, ip)).about("interfaces");
  const flag = expectInRemedy(finding!.remedy!, /; until then, exclude them with -(exclude-cidr)$/);
  expect(await pathWith({ [flag]: "9.9.9.0/24" })).toStartWith("9.9.9.9 dev lan2 ");
});
