/** What the check command finds about IPv6, and that its remedies help. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Finding } from "../../src/diagnose/finding.ts";
import { groupIdOf } from "../../src/routing/nexthop-ids.ts";
import { check } from "./lab/check.ts";
import { runIn } from "./lab/executable.ts";
import { address6Of, addressOf, CALM, INTERNET6, type Lab, openLab, refusing, snapshot6, TABLE } from "./lab/index.ts";
import { type Case, cure, expectInRemedy, paste, runCommands, takeFlags } from "./lab/remedies.ts";

setDefaultTimeout(60_000);

const NUMBERS = [1, 2];

/** Nothing of IPv4. */
const ALONE = { "start-ip": address6Of(1), "end-ip": address6Of(2), route: ["::/0"] };

/** Both addresses of each gateway. */
const BOTH = {
  gateway: NUMBERS.map((number) => `g${number}=${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
};

/** A lab whose router needs nothing more. */
async function openSound(): Promise<Lab> {
  const lab = await openLab({ ipv6: true, gateways: 2 });
  lab.router.tune({ "ipv6/conf/gw0/keep_addr_on_down": 1 });
  return lab;
}

const textOf = ({ topic, family, message }: Finding): string =>
  `${topic}${family === undefined ? "" : ` of ${family}`}: ${message}`;

describe("a sound router", () => {
  test("has no problem in IPv6 alone, and none of its findings is about IPv4", async () => {
    const { bad, findings } = await check(await openSound(), ALONE);
    expect(bad).toEqual([]);
    expect(findings.filter(({ family, message }) => family !== undefined || /ipv4/.test(message))).toEqual([]);
    expect(findings.map(({ topic }) => topic)).not.toContain("rp_filter");
  });

  test("has none in both families, and what is the same for both is said once", async () => {
    const { bad, findings, about } = await check(await openSound(), BOTH);
    expect(bad).toEqual([]);
    expect(about("preceding rules")).toEqual([
      { level: "ok", topic: "preceding rules", message: "no rule of another program comes before ours" },
    ]);
    expect(about("forwarding").map(textOf)).toEqual([
      "forwarding of 4: this machine forwards packets of other devices (net.ipv4.ip_forward)",
      "forwarding of 6: this machine forwards IPv6 packets of other devices",
    ]);
    expect(findings.flatMap(({ topic }) => (topic.startsWith("gateway ") ? topic : []))).toEqual(
      NUMBERS.flatMap((number) => [
        `gateway g${number} (${addressOf(number)})`,
        `gateway g${number} (${address6Of(number)})`,
      ]),
    );
  });
});

type Cases = Record<string, Omit<Case<Lab>, "topic">>;

const describeCases = (title: string, topic: string, cases: Cases): void =>
  describe(title, () => {
    test.each(Object.entries(cases))("%s", async (_, { make, carryOut }) => {
      const makeIn = async (lab: Lab) => {
        const { flags, ...others } = (await make(lab)) ?? {};
        return { flags: { ...ALONE, ...flags }, ...others };
      };
      await cure(await openSound(), { topic, make: makeIn, carryOut });
    });
  });

const set = (parameters: Record<string, number>): Omit<Case<Lab>, "topic"> => ({
  make: ({ router }) => router.tune(parameters),
  carryOut: runCommands,
});

/** What the kernel makes of an advertisement. */
const ADVERTISED = [
  "-6 route del default",
  "-6 route add default via fe80::1 dev wan0 proto ra metric 1024 expires 1800",
  "-6 address add 2a00:77::5/64 dev wan0 valid_lft 1800 preferred_lft 1800 mngtmpaddr nodad",
];

describeCases("packets of other devices are forwarded after the remedy:", "forwarding", {
  "where nothing is": set({ "ipv6/conf/all/forwarding": 0 }),
  "where this machine says on an interface that it is no router": set({ "ipv6/conf/lan0/forwarding": 0 }),
  "also where its own default route is from an advertisement, which stays": {
    async make(lab) {
      lab.router.tune({ "ipv6/conf/all/forwarding": 0 });
      await advertise(lab);
    },
    async carryOut(remedy, lab) {
      expect(remedy).toStartWith("sysctl net.ipv6.conf.wan0.accept_ra=2; sysctl -w net.ipv6.conf.all.forwarding=1");
      await runCommands(remedy, lab);
      expect((await check(lab, ALONE)).bad).toEqual([]);
    },
  },
});

async function advertise({ router }: Lab): Promise<void> {
  for (const line of ADVERTISED) await router.ip(...line.split(" "));
}

describeCases("advertisements of other routers count after the remedy:", "router advertisements", {
  "on an interface that forwards": { make: advertise, carryOut: runCommands },
});

describeCases("addresses outlast an interface that is turned off after the remedy:", "addresses", {
  "towards the gateways": {
    ...set({ "ipv6/conf/gw0/keep_addr_on_down": 0 }),
    async carryOut(remedy, lab) {
      await runCommands(remedy, lab);
      await lab.router.ip("link", "set", "gw0", "down");
      await lab.router.ip("link", "set", "gw0", "up");
      expect(await lab.router.ip("-6", "address", "show", "dev", "gw0")).toContain("fd00:77::1/64");
    },
  },
});

describeCases("flows are distributed by ports after the remedy:", "hash policy", {
  "of IPv6, which has a setting of its own": set({ "ipv6/fib_multipath_hash_policy": 0 }),
});

describeCases("no neighbour redirects packets after the remedy:", "accept_redirects", {
  "where this machine is no router": set({ "ipv6/conf/gw0/forwarding": 0, "ipv6/conf/gw0/accept_redirects": 1 }),
});

describeCases("a rule of another program no longer comes before ours after the remedy:", "preceding rules", {
  "which is one of IPv6": {
    async make({ router }) {
      await router.ip("-6", "route", "add", "default", "dev", "wan0", "table", "53");
      await router.ip("-6", "rule", "add", "pref", "100", "lookup", "53");
      return { flags: { timeout: "300ms" } };
    },
    carryOut: takeFlags,
  },
});

describeCases("routes of the main table count again after the remedy:", "main routes", {
  "as destinations that are left out": {
    make: ({ router }) => void router.ip("-6", "route", "add", "2a00:44::/32", "dev", "wan0"),
    carryOut: (remedy) => ({ flags: { "exclude-cidr": expectInRemedy(remedy, /-exclude-cidr (\S+)$/) } }),
  },
});

describeCases("the ids of nexthop objects are free after the remedy:", "nexthop objects", {
  "where another program has one of them": {
    make: ({ router }) =>
      void router.ip("nexthop", "add", "id", String(groupIdOf(TABLE) + 5), "via", address6Of(1), "dev", "gw0"),
    carryOut: (remedy, lab) => paste(lab.router, expectInRemedy(remedy, /\((ip nexthop del id \d+)\)/)),
  },
});

describeCases("every gateway is on a network of this machine after the remedy:", "nexthops", {
  "by a host route to each": {
    async make({ router }) {
      await router.ip("-6", "address", "del", "fd00:77::1/64", "dev", "gw0");
      return { flags: { timeout: "300ms" } };
    },
    async carryOut(remedy, lab) {
      const line = expectInRemedy(remedy, /\((ip -6 route add GATEWAY\/128 dev INTERFACE)\)/);
      for (const number of NUMBERS) {
        await paste(lab.router, line.replace("GATEWAY", address6Of(number)).replace("INTERFACE", "gw0"));
      }
    },
  },
  "by the right interface of a link-local address": {
    make: () => ({
      flags: { "start-ip": [], "end-ip": [], gateway: [address6Of(1), "fe80::11%nope0"], timeout: "300ms" },
    }),
    carryOut(remedy) {
      expectInRemedy(remedy, /^create interface nope0, or write the one that leads to the gateway behind the %/);
      return { flags: { gateway: [address6Of(1), "fe80::11%gw0"] } };
    },
  },
});

describeCases("devices are not redirected to a gateway after the remedy:", "redirects", {
  "where they are its neighbours": {
    async make({ router }) {
      for (const device of ["lan0", "wan0"]) await router.ip("link", "delete", device);
      await router.ip("-6", "route", "add", "default", "via", "fd00:77::99");
      return { flags: { "start-ip": [], "end-ip": [], gateway: ["fe80::11%gw0", "fe80::12%gw0"], timeout: "300ms" } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^give these gateways by addresses that are not link-local/);
      return { flags: { gateway: NUMBERS.map(address6Of) } };
    },
  },
});

describe("a machine that cannot route IPv6", () => {
  const without =
    'case "$*" in *nexthop*) echo \'Object "nexthop" is unknown, try "ip help".\' >&2; exit 255 ;; *) exec $IP "$@" ;; esac';

  test("has an error that says why, and IPv4 is judged without it", async () => {
    const lab = await openSound();
    const { bad, about } = await check(lab, BOTH, { env: lab.fakeIp(without).env });
    expect(bad).toEqual(["ipv6 routing", "ipv6"]);
    const [{ message, remedy }] = about("ipv6 routing") as [Finding];
    expect(message).toStartWith(
      'cannot route IPv6: this ip has no nexthop objects: Object "nexthop" is unknown, try "ip help".; IPv6 is left out',
    );
    expect(remedy).toContain("use Linux 5.3 or newer with all of iproute2");
    expect(about("hash policy").map(textOf)).toEqual(["hash policy: flows are distributed by addresses and ports (1)"]);
    expect(about(`gateway g1 (${address6Of(1)})`)).toEqual([]);
  });
});

test("a family whose gateways all fail is an error beside another one", async () => {
  const lab = await openSound();
  for (const number of NUMBERS) lab.gateway6(number).becomes(refusing);
  const { findings } = await check(lab, BOTH);
  expect(findings.flatMap(({ level, topic }) => (topic.startsWith("gateway ") ? `${level} ${topic}` : []))).toEqual(
    NUMBERS.flatMap((number) => [
      `ok gateway g${number} (${addressOf(number)})`,
      `error gateway g${number} (${address6Of(number)})`,
    ]),
  );
});

test("a pool whose kill switch is for IPv4 alone is named beside one that routes IPv6", async () => {
  const lab = await openSound();
  await lab.addClient("iot0", "10.78.0");
  const text = `
[[gateway]]
name = "one"
address = ["${addressOf(1)}", "${address6Of(1)}"]

[probe.own]
type = "http"

[[pool]]
name = "guarded"
from = ["10.78.0.0/24"]
when-no-gateways = "unreachable"

[[pool]]
name = "rest"
routes = ["0.0.0.0/0", "::/0"]
`;
  const find = async (file: string): Promise<readonly Finding[]> => {
    const { stdout } = await lab.run(["check", "-json", "-config", lab.file("two.toml", file)]);
    return (JSON.parse(stdout) as { readonly findings: readonly Finding[] }).findings;
  };
  const findings = await find(text);
  const [{ remedy }] = findings.filter(({ topic }) => topic === "ipv6") as [Finding];
  expect(remedy).toStartWith(
    "set block-ipv6 = true of pool guarded, and networks of IPv6 in from; or route IPv6 there",
  );
  expect(findings.filter(({ level, topic }) => level !== "ok" && topic !== "settings").map(textOf)).toEqual([
    "ipv6: pool guarded routes IPv4 alone, and this machine has an IPv6 default route: IPv6 packets of the same devices bypass the gateways and the kill switch",
  ]);
  const routed = 'from = ["10.78.0.0/24", "fd00:78::/64"]\nroutes = ["0.0.0.0/0", "::/0"]';
  const blocked = 'from = ["10.78.0.0/24", "fd00:78::/64"]\nblock-ipv6 = true';
  for (const cure of [routed, blocked]) {
    const cured = await find(text.replace('from = ["10.78.0.0/24"]', cure));
    expect(cured.filter(({ level, topic }) => level !== "ok" && topic !== "settings").map(textOf)).toEqual([]);
  }
  const six = findings.filter(({ family }) => family === 6);
  expect(new Set(six.flatMap(({ pools = [] }) => pools))).toEqual(new Set(["rest"]));
});

test("services on the ordinary internet connection answer in IPv6 with the remedy", async () => {
  const lab = await openSound();
  const own = "fd00:88::2";
  await lab.upstream.ip("address", "add", `${INTERNET6}/128`, "dev", "lo", "nodad");
  await lab.upstream.ip("-6", "route", "add", `${own}/128`, "dev", "eth0", "src", INTERNET6);
  lab.serve(lab.router, own, 2222);
  const flags = { ...CALM, ...ALONE, "when-no-gateways": "unreachable" };
  await lab.start(flags).untilReady();
  await lab.untilRouted6([1, 2]);
  const answers = async (): Promise<boolean> => {
    const ask = `exec 3<>/dev/tcp/${own}/2222 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3`;
    return (await runIn(lab.upstream, ["timeout", "2", "bash", "-c", ask])).stdout.includes(" 200 ");
  };
  expect(await answers()).toBe(false);
  const [finding] = (await check(lab, flags)).about("services");
  expect(finding).toMatchObject({ level: "warning", message: expect.stringContaining("TCP ports 2222 on wan0") });
  await paste(lab.router, finding!.remedy!.replace("if they should work: ", ""));
  expect(await answers()).toBe(true);
  expect((await check(lab, flags)).bad).toEqual([]);
});

test("a kill switch for IPv4 alone rejects IPv6 as well with the remedy", async () => {
  const lab = await openSound();
  const closed = { "end-ip": addressOf(2), "when-no-gateways": "unreachable" };
  const { bad, about } = await check(lab, closed);
  expect(bad).toEqual(["ipv6"]);
  expect(about("ipv6")[0]!.remedy).toEndWith("; or set -block-ipv6, which rejects it where IPv4 is routed");
  const cured = await check(lab, { ...closed, "block-ipv6": true });
  expect(cured.bad).toEqual([]);
  expect(cured.about("ipv6 routing")[0]!.message).toBe("the kernel has rules of IPv6");
  expect(cured.about("nexthop objects")).toEqual([]);
  await lab.router.ip("-6", "rule", "add", "pref", "100", "lookup", "main");
  expect((await check(lab, { ...closed, "block-ipv6": true })).bad).toEqual(["preceding rules"]);
});

test("targets beyond the gateways are asked and judged in their own family", async () => {
  const lab = await openSound();
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  const before = await snapshot6(lab.router);
  const { bad, findings } = await check(lab, { ...BOTH, through: [`icmp:8.8.8.8,${INTERNET6},2a00::1`] });
  expect(await snapshot6(lab.router)).toBe(before);
  expect(bad).toEqual(["target 2a00::1"]);
  const through = findings.filter(({ topic }) => topic.startsWith("through "));
  expect(through.map(({ topic, message }) => `${topic}: ${message.replace(/: echo reply after .*/, "")}`)).toEqual([
    ...NUMBERS.map((number) => `through g${number} (${addressOf(number)}): icmp 8.8.8.8`),
    ...NUMBERS.map((number) => `through g${number} (${address6Of(number)}): icmp ${INTERNET6}`),
  ]);
});
