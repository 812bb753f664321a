/** The look-up of rules and routes, compared with the answers of the kernel itself. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { FAMILIES, type Family } from "../../src/net/address.ts";
import { parseRoutes } from "../../src/routing/iproute2/routes.ts";
import { parsePolicyRules } from "../../src/routing/iproute2/policy-rules.ts";
import { lookUpRules, type Packet } from "../../src/routing/rule-lookup.ts";
import { MAIN_TABLE } from "../../src/routing/tables.ts";
import { addNamespaces, type Namespace, nextLabName, removeNamespaces, run } from "../e2e/lab/namespace.ts";

setDefaultTimeout(60_000);

const lab = nextLabName();
let space: Namespace;

beforeAll(async () => {
  ({ router: space } = await addNamespaces(lab, ["router"]));
  space.tune({
    "ipv6/conf/all/forwarding": 1,
    "ipv4/ip_forward": 1,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
  });
  await space.batch([
    "link add d0 up type veth peer name d1",
    "link set d1 up",
    "link set lo up",
    "address add 10.0.0.1/24 dev d0",
    "address add fd00:99::1/64 dev d0 nodad",
    "route add default via 10.0.0.9",
    "route add ::/0 via fd00:99::9",
  ]);
});
afterAll(() => removeNamespaces(`${lab}-`));

const TABLES = [100, 101, 102];

/** Each run takes a process for each packet. */
const NUM_RUNS: Readonly<Record<Family, number>> = { 4: 40, 6: 25 };
/** The same places in the networks of each family. */
interface Places {
  readonly networks: readonly string[];
  readonly nexthop: string;
  /** A route that a table needs for its look-up to be possible. */
  readonly elsewhere: string;
  readonly selectors: readonly string[];
  readonly to: readonly string[];
  /** The first one is this machine's own. */
  readonly from: readonly string[];
}

const PLACES: Readonly<Record<Family, Places>> = {
  4: {
    networks: ["default", "8.0.0.0/8", "8.8.0.0/16", "8.8.8.0/24", "8.8.8.8", "9.0.0.0/8"],
    nexthop: "10.0.0.2",
    elsewhere: "7.7.7.7",
    selectors: ["from 10.0.0.0/24", "not from 10.0.0.0/24", "from all to 8.8.0.0/16", "not to 8.8.8.8"],
    to: ["8.8.8.8", "8.8.8.9", "8.8.1.1", "8.1.1.1", "9.9.9.9", "1.1.1.1"],
    from: ["10.0.0.1", "10.0.0.77", "4.4.4.4"],
  },
  6: {
    networks: ["::/0", "2600::/16", "2600:8::/32", "2600:8:8::/48", "2600:8:8::8", "2a00::/12"],
    nexthop: "fd00:99::2",
    elsewhere: "2607::7",
    selectors: ["from fd00:99::/64", "not from fd00:99::/64", "from all to 2600:8::/32", "not to 2600:8:8::8"],
    to: ["2600:8:8::8", "2600:8:8::9", "2600:8:1::1", "2600:1::1", "2a00::9", "2001:1::1"],
    from: ["fd00:99::1", "fd00:99::77", "2604::4"],
  },
};

const routeIn = ({ networks, nexthop }: Places) =>
  fc
    .record({
      table: fc.constantFrom(...TABLES),
      type: fc.constantFrom("", "", "throw ", "unreachable ", "blackhole ", "prohibit "),
      network: fc.constantFrom(...networks),
      metric: fc.constantFrom(0, 5, 7),
    })
    .map(({ table, type, network, metric }) => {
      const via = type === "" ? ` via ${nexthop}${network.includes(":") ? " dev d0 onlink" : ""}` : "";
      return `route replace ${type}${network}${via} table ${table} metric ${metric}`;
    });

const selectorIn = ({ selectors }: Places) =>
  fc.constantFrom(
    "from all",
    "from all",
    ...selectors,
    "from all iif lo",
    "from all iif d0",
    "from all fwmark 0x1",
    "from all fwmark 0x100/0xff",
    "not from all fwmark 0x1",
    "from all fwmark 0xad000001",
    "from all fwmark 0xad000000/0xff000000",
    "not from all fwmark 0xad000000/0xff000000",
    "from all ipproto tcp",
    "from all ipproto udp",
    "from all ipproto tcp dport 400-500",
    "from all sport 1000",
    "from all uidrange 0-0",
    "from all uidrange 7-9",
  );
const action = fc.constantFrom(
  ...TABLES.flatMap((table) => [`lookup ${table}`, `lookup ${table}`, `lookup ${table} suppress_prefixlength 8`]),
  ...["lookup main suppress_prefixlength 0", "goto 40", "goto 32766", "unreachable", "blackhole", "nop"],
);

/** The kernel takes a rule for all packets for one that exists where it has the same preference and action. */
const rulesIn = (places: Places) =>
  fc
    .uniqueArray(fc.record({ preference: fc.integer({ min: 1, max: 39 }), select: selectorIn(places), act: action }), {
      minLength: 1,
      maxLength: 8,
      selector: ({ preference, act }) => `${preference} ${act}`,
    })
    .map((all) => all.map(({ preference, select, act }) => `rule add pref ${preference} ${select} ${act}`));

const packetIn = ({ to, from }: Places) =>
  fc.record({
    to: fc.constantFrom(...to),
    from: fc.constantFrom(undefined, ...from),
    protocol: fc.constantFrom(6, 17),
    sport: fc.constantFrom(undefined, 1000, 1001),
    dport: fc.constantFrom(undefined, 399, 443),
    mark: fc.constantFrom(0, 0, 1, 0x100, 0xad000001, 0xad000002),
  });

/** The kernel's answer: the table that decides, or that the packet is rejected. */
async function askKernel(family: Family, { to, from, iif, protocol, sport, dport, mark = 0 }: Packet): Promise<string> {
  const words = [
    ...(from === undefined ? [] : ["from", from]),
    ...(iif === "lo" ? [] : ["iif", iif]),
    ...["ipproto", String(protocol)],
    ...(sport === undefined ? [] : ["sport", String(sport)]),
    ...(dport === undefined ? [] : ["dport", String(dport)]),
    ...(mark === 0 ? [] : ["mark", String(mark)]),
  ];
  try {
    const [answer] = JSON.parse(await space.ip(`-${family}`, "-j", "-d", "-N", "route", "get", to, ...words)) as {
      table?: string;
    }[];
    return `table ${answer!.table ?? 254}`;
  } catch {
    return "rejected";
  }
}

/** The user that `route get` takes of a packet of IPv6 that comes in, INVALID_UID; packets themselves have that of root. */
const NOBODY = 2 ** 32 - 1;

/** Gives the tables these routes, and the kernel these rules. */
async function setUp(family: Family, routes: readonly string[], rules: readonly string[]): Promise<void> {
  const lines = [
    ...TABLES.map((table) => `route replace throw ${PLACES[family].elsewhere} table ${table}`),
    ...["rule flush", "rule add pref 32766 lookup main", "rule add pref 40 nop"],
    ...TABLES.map((table) => `route flush table ${table}`),
    ...routes,
    ...rules,
  ];
  await run(["ip", "-n", space.name, `-${family}`, "-batch", "-"], lines.join("\n"));
}

test.each(FAMILIES)(
  "the look-up selects the same table as the kernel for random rules, routes and packets of IPv%d",
  async (family) => {
    const places = PLACES[family];
    const show = (...words: string[]) => space.ip(`-${family}`, "-j", "-d", "-N", ...words);
    const packets = fc.array(packetIn(places), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(routeIn(places), { maxLength: 12 }),
        rulesIn(places),
        packets,
        async (routes, rules, all) => {
          await setUp(family, routes, rules);
          const seenRules = parsePolicyRules(await show("rule", "show"));
          const seenRoutes = parseRoutes(await show("route", "show", "table", "all"), MAIN_TABLE, family);
          for (const given of all) {
            const iif = given.from === undefined || given.from === places.from[0] ? "lo" : "d0";
            const asked: Packet = { ...given, iif, uid: family === 6 && iif === "d0" ? NOBODY : 0 };
            const last = lookUpRules(seenRules, seenRoutes, asked).at(-1)!;
            const decided = last.rule.action;
            const isRouted = last.outcome === "route" && last.route!.type === "unicast" && decided.kind === "lookup";
            const answer = isRouted ? `table ${decided.table}` : "rejected";
            expect({ asked, answer: await askKernel(family, asked) }).toEqual({ asked, answer });
          }
        },
      ),
      { numRuns: NUM_RUNS[family] },
    );
  },
);
