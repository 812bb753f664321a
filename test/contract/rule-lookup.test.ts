/** The look-up of rules and routes, compared with the answers of the kernel itself. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { parseRoutes } from "../../src/routing/iproute2/routes.ts";
import { parsePolicyRules } from "../../src/routing/iproute2/policy-rules.ts";
import { lookUpRules, type Packet } from "../../src/routing/rule-lookup.ts";
import { addNamespaces, type Namespace, nextLabName, removeNamespaces } from "../e2e/lab/namespace.ts";

setDefaultTimeout(60_000);

const lab = nextLabName();
let space: Namespace;

beforeAll(async () => {
  ({ router: space } = await addNamespaces(lab, ["router"]));
  space.tune({ "ipv4/ip_forward": 1, "ipv4/conf/all/rp_filter": 0, "ipv4/conf/default/rp_filter": 0 });
  await space.batch([
    "link add d0 up type veth peer name d1",
    "link set d1 up",
    "link set lo up",
    "address add 10.0.0.1/24 dev d0",
    "route add default via 10.0.0.9",
  ]);
});
afterAll(() => removeNamespaces(`${lab}-`));

const TABLES = [100, 101, 102];
const NETWORKS = ["default", "8.0.0.0/8", "8.8.0.0/16", "8.8.8.0/24", "8.8.8.8", "9.0.0.0/8"];

const route = fc
  .record({
    table: fc.constantFrom(...TABLES),
    type: fc.constantFrom("", "", "throw ", "unreachable ", "blackhole ", "prohibit "),
    network: fc.constantFrom(...NETWORKS),
    metric: fc.constantFrom(0, 5, 7),
  })
  .map(({ table, type, network, metric }) => {
    const nexthop = type === "" ? " via 10.0.0.2" : "";
    return `route replace ${type}${network}${nexthop} table ${table} metric ${metric}`;
  });

const selector = fc.constantFrom(
  "from all",
  "from all",
  "from 10.0.0.0/24",
  "not from 10.0.0.0/24",
  "from all to 8.8.0.0/16",
  "not to 8.8.8.8",
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
const rule = fc.record({ preference: fc.integer({ min: 1, max: 39 }), select: selector, act: action });

/** The kernel takes a rule for all packets for one that exists where it has the same preference and action. */
const rules = fc
  .uniqueArray(rule, { minLength: 1, maxLength: 8, selector: ({ preference, act }) => `${preference} ${act}` })
  .map((all) => all.map(({ preference, select, act }) => `rule add pref ${preference} ${select} ${act}`));

const packet = fc.record({
  to: fc.constantFrom("8.8.8.8", "8.8.8.9", "8.8.1.1", "8.1.1.1", "9.9.9.9", "1.1.1.1"),
  from: fc.constantFrom(undefined, "10.0.0.1", "10.0.0.77", "4.4.4.4"),
  protocol: fc.constantFrom(6, 17),
  sport: fc.constantFrom(undefined, 1000, 1001),
  dport: fc.constantFrom(undefined, 399, 443),
  mark: fc.constantFrom(0, 0, 1, 0x100, 0xad000001, 0xad000002),
});

/** The kernel's answer: the table that decides, or that the packet is rejected. */
async function askKernel({ to, from, iif, protocol, sport, dport, mark = 0 }: Packet): Promise<string> {
  const words = [
    ...(from === undefined ? [] : ["from", from]),
    ...(iif === "lo" ? [] : ["iif", iif]),
    ...["ipproto", String(protocol)],
    ...(sport === undefined ? [] : ["sport", String(sport)]),
    ...(dport === undefined ? [] : ["dport", String(dport)]),
    ...(mark === 0 ? [] : ["mark", String(mark)]),
  ];
  try {
    const [answer] = JSON.parse(await space.ip("-4", "-j", "-d", "-N", "route", "get", to, ...words)) as {
      table?: string;
    }[];
    return `table ${answer!.table ?? 254}`;
  } catch {
    return "rejected";
  }
}

test("the look-up selects the same table as the kernel for random rules, routes and packets", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(route, { maxLength: 12 }),
      rules,
      fc.array(packet, { minLength: 8, maxLength: 8 }),
      async (routes, added, packets) => {
        const flush = [
          "rule flush",
          "rule add pref 32766 lookup main",
          "rule add pref 40 nop",
          ...TABLES.map((table) => `route flush table ${table}`),
        ];
        await space.batch([
          ...TABLES.map((table) => `route replace throw 7.7.7.7 table ${table}`),
          ...flush,
          ...routes,
          ...added,
        ]);
        const seenRules = parsePolicyRules(await space.ip("-4", "-j", "-d", "-N", "rule", "show"));
        const seenRoutes = parseRoutes(await space.ip("-4", "-j", "-d", "-N", "route", "show", "table", "all"));
        for (const given of packets) {
          const iif = given.from === undefined || given.from === "10.0.0.1" ? "lo" : "d0";
          const asked: Packet = { ...given, iif, uid: 0 };
          const last = lookUpRules(seenRules, seenRoutes, asked).at(-1)!;
          const decided = last.rule.action;
          const isRouted = last.outcome === "route" && last.route!.type === "unicast" && decided.kind === "lookup";
          const answer = isRouted ? `table ${decided.table}` : "rejected";
          expect({ asked, answer: await askKernel(asked) }).toEqual({ asked, answer });
        }
      },
    ),
    { numRuns: 40 },
  );
});
