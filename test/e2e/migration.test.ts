/** The files of the pages for users of keepalived, mwan3, OPNsense and VyOS, with clients in two networks, and the change over. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { blocksOf, pageOf } from "../fixtures/documents.ts";
import { nft } from "./lab/beyond.ts";
import { check } from "./lab/check.ts";
import { type Place, sharesOf, untilAt, untilRejected } from "./lab/clients.ts";
import { addressOf, INTERNET, type Lab, openLab, ROUTER } from "./lab/index.ts";
import { runIn } from "./lab/executable.ts";
import type { Namespace } from "./lab/namespace.ts";

setDefaultTimeout(120_000);

const [FIBRE, CABLE, LTE] = [1, 2, 3] as const;
const FLOWS = 600;

/** What the pages write, and what the lab has instead. Rounds are shorter, and the thresholds those of the pages. */
const IN_THE_LAB: readonly (readonly [RegExp, string])[] = [
  [/198\.51\.100\.1/g, addressOf(FIBRE)],
  [/203\.0\.113\.1/g, addressOf(CABLE)],
  [/192\.168\.8\.1/g, addressOf(LTE)],
  [/192\.168\.10\.0/g, "10.66.0.0"],
  [/192\.168\.20\.0/g, "10.78.0.0"],
  [/"(br-office|eth2)"/g, '"lan0"'],
  [/"(br-guests|eth3)"/g, '"guests0"'],
  [/^period = .*/gm, 'period = "500ms"'],
  [/^timeout = .*/gm, 'timeout = "400ms"'],
  [/^max-latency = .*/gm, 'max-latency = "300ms:200ms"'],
];

const fileOf = (page: string): string =>
  IN_THE_LAB.reduce((text, [theirs, ours]) => text.replaceAll(theirs, ours), blocksOf(pageOf(page), "toml")[0]!);

async function openOffice(): Promise<{ lab: Lab; office: Namespace; guests: Namespace }> {
  const lab = await openLab({ gateways: 3 });
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  return { lab, office: lab.client, guests: await lab.addClient("guests0", "10.78.0") };
}

/** Lets gateways answer no ping, or answer again, as if their lines were dead or not. */
const setDead = (lab: Lab, gateways: readonly number[], dead: boolean): void =>
  gateways.forEach((number) => lab.gatewaySpace(number).tune({ "ipv4/icmp_echo_ignore_all": dead ? 1 : 0 }));

/** Where packets go when all lines are well, without fibre, without cable as well, and without any. */
interface Path {
  readonly page: string;
  readonly office: readonly (readonly Place[])[];
  readonly guests: readonly (Place | "rejected")[];
  /** Packets to this address pass all pools. */
  readonly excluded?: string;
}

const PATHS: readonly Path[] = [
  {
    page: "from-mwan3",
    office: [[FIBRE, CABLE], [CABLE], [LTE], ["upstream"]],
    guests: [CABLE, CABLE, "rejected", "rejected"],
  },
  {
    page: "from-opnsense",
    office: [[FIBRE, CABLE], [CABLE], [LTE], ["upstream"]],
    guests: [CABLE, CABLE, "rejected", "rejected"],
    excluded: "1.2.3.4",
  },
  {
    page: "from-vyos",
    office: [[FIBRE, CABLE], [CABLE], ["upstream"], ["upstream"]],
    guests: [CABLE, CABLE, LTE, "upstream"],
    excluded: "1.2.3.4",
  },
];

test.each(PATHS)("the file of $page leads each network as the page says", async ({ page, excluded, ...paths }) => {
  const { lab, office, guests } = await openOffice();
  const daemon = lab.startWithFile(fileOf(page));
  await daemon.untilReady();
  if (excluded !== undefined) expect((await lab.forwardedRoute(excluded)).table).toBe("main");

  await untilAt(lab, office, FIBRE, CABLE); // readiness waits for the first answers of no gateway
  const { [addressOf(FIBRE)]: two = 0, [addressOf(CABLE)]: one = 0 } = await sharesOf(lab, office, FLOWS);
  expect(two + one).toBeCloseTo(100);
  expect(Math.abs(two - 66.7)).toBeLessThan(8); // four standard deviations of so many flows

  for (const [step, dead] of [[], [FIBRE], [FIBRE, CABLE], [FIBRE, CABLE, LTE]].entries()) {
    setDead(lab, dead, true);
    await untilAt(lab, office, ...paths.office[step]!);
    const place = paths.guests[step]!;
    if (place === "rejected") await untilRejected(lab, "10.78.0.2", "guests0");
    else await untilAt(lab, guests, place);
  }
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
});

test("check finds no error in the file of any page; that of keepalived is that of mwan3", async () => {
  const { lab } = await openOffice();
  expect(fileOf("from-keepalived")).toBe(fileOf("from-mwan3"));
  for (const { page } of PATHS) {
    const start = (_: unknown, options: object) => lab.startWithFile(fileOf(page), { json: true }, options);
    const { findings } = await check(lab, {}, {}, start);
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
  }
});

test("the commands for a Linux router in place of OPNsense make it forward and translate", async () => {
  const { lab } = await openOffice();
  const [commands] = blocksOf(pageOf("from-opnsense"), "").filter((block) => block.startsWith("sysctl "));
  const { status, stderr } = await runIn(lab.router, ["sh", "-c", commands!.replace('"eth1"', '"gw0"')]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  await lab.startWithFile(fileOf("from-opnsense")).untilReady();
  expect(await sourceAt(lab, CABLE)).toBe(ROUTER);
});

test("all flows return to where they were with the lines", async () => {
  const { lab, office, guests } = await openOffice();
  await lab.startWithFile(fileOf("from-mwan3")).untilReady();
  await untilAt(lab, office, FIBRE, CABLE);
  const before = await lab.traffic.survey(FLOWS, office);
  setDead(lab, [FIBRE, CABLE], true);
  await untilAt(lab, office, LTE);
  setDead(lab, [FIBRE, CABLE], false);
  await untilAt(lab, office, FIBRE, CABLE);
  await untilAt(lab, guests, CABLE);
  expect(await lab.traffic.survey(FLOWS, office)).toEqual(before);
});

/** Rules and tables as these programs make them for one line, here LTE. */
const THEIRS = [
  {
    program: "keepalived",
    mark: "0x0",
    routes: ["route add default via 10.77.0.13 table 110"],
    decides: "110",
    rules: ["pref 110 from 10.66.0.0/24 lookup 110", "pref 120 from 10.78.0.0/24 lookup 110"],
  },
  {
    program: "mwan3",
    mark: "0x300/0x3f00",
    routes: ["route add default via 10.77.0.13 table 3"],
    decides: "2003",
    rules: ["pref 2003 fwmark 0x300/0x3f00 lookup 3", "pref 3003 fwmark 0x300/0x3f00 unreachable"],
  },
  {
    program: "VyOS",
    mark: "0xcb",
    routes: ["route add default via 10.77.0.13 table 203"],
    decides: "303",
    rules: ["pref 203 fwmark 0xcb lookup main suppress_prefixlength 0", "pref 303 fwmark 0xcb lookup 203"],
  },
];

describe("beside rules such as those of another program", () => {
  test.each(THEIRS)("of $program nothing changes until they go, and again when they return", async (theirs) => {
    const { lab, office, guests } = await openOffice();
    await nft(lab.router, marking(theirs.mark.split("/")[0]!));
    const setRules = (verb: "add" | "del") => {
      // What rejects packets goes first: between two commands it would have those of the rule before it.
      const rules = verb === "add" ? theirs.rules : theirs.rules.toReversed();
      return lab.router.batch(rules.map((rule) => `rule ${verb} ${rule}`));
    };
    await lab.router.batch(theirs.routes);
    await setRules("add");
    await untilAt(lab, office, LTE);

    const stream = await lab.traffic.stream({ flows: 100, packetsPerSecond: 1000, limit: 1_000_000 });
    const daemon = lab.startWithFile(fileOf("from-mwan3"));
    await daemon.untilReady();
    for (const client of [office, guests]) await untilAt(lab, client, LTE);
    const { stdout } = await lab.run(["status", "-config", String(daemon.flags["config"])]);
    expect(stdout).toContain(`before ours, ${theirs.decides}: `);

    await setRules("del");
    await untilAt(lab, office, FIBRE, CABLE);
    await untilAt(lab, guests, CABLE);
    await setRules("add");
    await untilAt(lab, office, LTE);
    await daemon.stop();
    await untilAt(lab, office, LTE);
    expect((await stream.stop()).lost).toBe(0);
  });
});

/** The source address of a packet of the office at a gateway. */
async function sourceAt(lab: Lab, gateway: number): Promise<string> {
  setDead(lab, [FIBRE], true);
  await untilAt(lab, lab.client, gateway);
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = await lab
    .gatewaySpace(gateway)
    .enter(() =>
      Bun.udpSocket({ hostname: INTERNET, port: 6000, socket: { data: (_, __, ___, address) => resolve(address) } }),
    );
  const client = await lab.client.enter(() => Bun.udpSocket({ hostname: "0.0.0.0" }));
  client.send("packet", 6000, INTERNET);
  const address = await promise;
  client.close();
  server.close();
  return address;
}

const marking = (mark: string): string => `table ip theirs {
  chain pre {
    type filter hook prerouting priority mangle;
    iifname { "lan0", "guests0" } ip daddr 8.0.0.0/8 meta mark set ${mark}
  }
}`;
