/**
 * Each remedy of the check command about flags, hooks, the port, iproute2 and the kernel, carried out: with it, the finding
 * is gone. Kernels and releases of iproute2 that lack something are simulated: by a stand-in for `ip`, or by hiding what
 * the kernel shows in /proc/sys.
 */
import { describe, setDefaultTimeout, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { addressOf, type Lab, openLab } from "./lab/index.ts";
import { type Case, cure, expectInRemedy, paste, type Setup } from "./lab/remedies.ts";
import { resolverWith } from "./lab/resolver.ts";

setDefaultTimeout(60_000);

type MachineCase = Omit<Case<Lab>, "topic">;

const describeCases = (title: string, topic: string, cases: Record<string, MachineCase>): void =>
  describe(title, () => {
    test.each(Object.entries(cases))("%s", async (_, one) => {
      await cure(await openLab({ gateways: 2 }), { topic, ...one });
    });
  });

/** What a person changes to follow a remedy. */
const setting = (wrong: (lab: Lab) => Setup | Promise<Setup>, pattern: RegExp, right: Setup): MachineCase => ({
  make: wrong,
  carryOut(remedy) {
    expectInRemedy(remedy, pattern);
    return right;
  },
});

const flags = (wrong: NonNullable<Setup["flags"]>, pattern: RegExp, right: NonNullable<Setup["flags"]>): MachineCase =>
  setting(() => ({ flags: wrong }), pattern, { flags: right });

const DDNS = { "ddns-hostname": "gw.example.net" };

describeCases("flags make sense after the remedy:", "flags", {
  "a -route that is excluded": flags(
    { route: ["1.0.0.0/8", "9.0.0.0/8"], "exclude-cidr": "9.0.0.0/8" },
    /^remove that -route, or narrow -exclude-cidr$/,
    { route: "1.0.0.0/8" },
  ),
  "a -route that is excluded, with a narrower exclusion": flags(
    { route: ["1.0.0.0/8", "9.0.0.0/8"], "exclude-cidr": "9.0.0.0/8" },
    /or narrow -exclude-cidr$/,
    { "exclude-cidr": "9.9.0.0/16" },
  ),
  "-fast-check-period": flags({ "fast-check-period": "1s" }, /^set -rise or -fall above 1/, { fall: 2 }),
  "-flap-hold": flags({ "flap-hold": "1s" }, /^raise it to several periods$/, { "flap-hold": "15s" }),
  "-min-healthy-policy": flags({ "min-healthy-policy": "none" }, /^set -min-healthy,/, { "min-healthy": 1 }),
  "-ddns-hostname": flags(DDNS, /, or remove -ddns-hostname$/, { "ddns-hostname": "" }),
  "-ddns-api-url": flags(
    { ...DDNS, "ddns-provider": "dynudns", "ddns-password": "key", "ddns-api-url": "http://10.88.0.1/v2" },
    /^use https$/,
    { "ddns-api-url": "https://10.88.0.1/v2" },
  ),
  "-public-ip-service-hostname": flags(
    {
      ...DDNS,
      "ddns-provider": "dynudns",
      "ddns-password": "key",
      "ddns-api-url": "https://10.88.0.1/v2",
      "public-ip-service-hostname": addressOf(1),
    },
    /^leave the flag out/,
    { "public-ip-service-hostname": "" },
  ),
  "an unknown variable": setting(
    () => ({ options: { env: { GRM_PROT: "1" } } }),
    /^see help flags for all variables$/,
    {
      options: { env: { GRM_PORT: "9999" } },
    },
  ),
});

/** A file for -on-change that cannot be run until `mend` follows the remedy. */
const script = (text: string, mode: number, mend: (path: string, remedy: string, lab: Lab) => unknown): MachineCase => {
  let path: string;
  return {
    make(lab) {
      path = lab.file("notify", text);
      chmodSync(path, mode);
      return { flags: { "on-change": path } };
    },
    carryOut: async (remedy, lab) => void (await mend(path, remedy, lab)),
  };
};

const AS_NOBODY = [
  ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
  ...["--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin"],
];

describeCases("the program of -on-change can be run after the remedy:", "on-change", {
  "the right path": flags({ "on-change": "/nowhere/notify" }, /^check -on-change: it begins with the path/, {
    "on-change": "/bin/true",
  }),
  "a folder that the user may enter": {
    make(lab) {
      const path = lab.file("notify", "#!/bin/sh\n");
      chmodSync(dirname(path), 0o700);
      return { flags: { "on-change": path }, options: { wrapper: AS_NOBODY } };
    },
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /let the service's user into every folder above it$/);
      await paste(lab.router, `chmod a+x /tmp/${lab.name}-*`);
    },
  },
  "the right to execute it": script("#!/bin/sh\n", 0o644, (_, remedy, lab) =>
    paste(lab.router, expectInRemedy(remedy, /^(chmod .*?),/)),
  ),
  "a file system that allows it": setting(
    () => {
      const mount = "mount -t tmpfs -o noexec none /mnt && printf '#!/bin/sh\\n' >/mnt/n && chmod +x /mnt/n";
      const wrapper = ["unshare", "--mount", "sh", "-c", `${mount} && exec "$0" "$@"`];
      return { flags: { "on-change": "/mnt/n" }, options: { wrapper } };
    },
    /mounted without noexec$/,
    { flags: { "on-change": "/bin/true" } },
  ),
  "a first line that names an interpreter": script("echo hello\n", 0o755, (path, remedy) => {
    writeFileSync(path, `${expectInRemedy(remedy, /such as (#!\S+)$/)}\n${readFileSync(path, "utf8")}`);
  }),
  "another interpreter": script("#!/opt/none/zsh\n", 0o755, (path, remedy) => {
    expectInRemedy(remedy, /or name another one in the first line$/);
    writeFileSync(path, "#!/bin/sh\n");
  }),
  "the interpreter": {
    make(lab) {
      const folder = dirname(lab.file("notes", ""));
      return { flags: { "on-change": lab.file("notify", `#!${folder}/zsh\n`) } };
    },
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /^install that interpreter/);
      await paste(
        lab.router,
        `cd /tmp/${lab.name}-*/ && cd "$(dirname "$(ls /tmp/${lab.name}-*/notes)")" && ln -s /bin/sh zsh`,
      );
    },
  },
});

describeCases("the host of the webhook resolves after the remedy:", "webhook", {
  "a name server that knows it": {
    make: async (lab) => ({
      flags: { "webhook-url": "https://hook.example.com/x" },
      options: await resolverWith(lab, { A: "none", AAAA: "none" }),
    }),
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /^check -webhook-url, and the name servers of this machine$/);
      return { options: await resolverWith(lab, { A: "10.88.0.1", AAAA: "none" }, "127.0.0.98") };
    },
  },
});

describeCases("the port of the metrics can be opened after the remedy:", "metrics port", {
  "one above 1023": setting(
    () => ({ flags: { "metrics-port": 80 }, options: { wrapper: AS_NOBODY } }),
    /^choose a -metrics-port above 1023$/,
    { flags: { "metrics-port": 1024 } },
  ),
  "an address of this machine": flags({ "metrics-address": "192.0.2.1" }, /-metrics-address is one of this machine/, {
    "metrics-address": "127.0.0.1",
  }),
  "another one than that of an instance with another table": {
    async make(lab) {
      await lab.start().untilReady();
      return { flags: { "first-routing-table-id": 181, "first-rule-preference": 10_880 } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^choose another -metrics-port$/);
      return { flags: { "metrics-port": 9091 } };
    },
  },
});

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

describeCases("every interface can be read after the remedy:", "interfaces", {
  "another name": {
    make: (lab) =>
      lab.router.batch(["link add v\u0001x type veth peer name v2", "address add 10.99.0.1/24 dev v\u0001x"]),
    async carryOut(remedy, lab) {
      const command = expectInRemedy(remedy, /\((ip link set NAME name NEWNAME)\)$/);
      await paste(lab.router, command.replace("NEWNAME", "vx").replace("NAME", "'v\u0001x'"));
    },
  },
  "another release of iproute2": withIp(
    when("*-j*", `$IP "$@" | sed 's/"ifname":"lan0"/"ifname":["lan0"]/'`),
    /^install another release of iproute2/,
  ),
});
