/** The configurations that `print bird` and `print frr` make, in real daemons, with a neighbour that gets and loses a default. */
import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import {
  address6Of,
  addressOf,
  answering,
  type Lab,
  openLab,
  refusing,
  runExecutable,
  UPSTREAM,
  UPSTREAM6,
} from "./lab/index.ts";
import { IP, type Namespace, run } from "./lab/namespace.ts";

setDefaultTimeout(120_000);

/** The router's own address on the link to the neighbour. */
const ROUTER_ADDRESS = "10.88.0.2";

const ROUTER_ADDRESS6 = "fd00:88::2";

const MARKERS = "192.0.2.173/32,2001:db8::173/128";

/** Two gateways, and all destinations, of both families. */
const GATEWAYS = {
  gateway: [1, 2].map((number) => `${addressOf(number)}+${address6Of(number)}`).join(" "),
  route: "default,default6",
};

/** The configuration that the executable prints, with the values of the lab. */
async function printed(lab: Lab, daemon: "bird" | "frr", flags: Record<string, string>): Promise<string> {
  const words = Object.entries(flags).flatMap(([flag, value]) => [`-${flag}`, value]);
  const { status, stdout, stderr } = await runExecutable(lab.router, ["print", daemon, ...words]);
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.replaceAll(/\b192\.0\.2\.2\b/g, UPSTREAM).replaceAll("2001:db8::2 ", `${UPSTREAM6} `);
}

/** A program that runs in a namespace until the end of the test. */
function start(space: Namespace, command: readonly string[]): void {
  const child = Bun.spawn([IP, "netns", "exec", space.name, ...command], {
    ...{ stdin: "ignore", stdout: "ignore", stderr: "ignore" },
  });
  onTestFinished(() => child.kill("SIGKILL"));
}

/** BIRD with a configuration, and what answers its commands. */
function startBird(lab: Lab, space: Namespace, text: string): (command: string) => Promise<string> {
  const config = lab.file("bird.conf", text);
  const socket = join(dirname(config), "bird.ctl");
  start(space, ["/usr/sbin/bird", "-f", "-c", config, "-s", socket, "-P", join(dirname(config), "bird.pid")]);
  return async (command) => run(["/usr/sbin/birdc", "-s", socket, ...command.split(" ")]);
}

/** The neighbour of the router, which only listens. Returns what it has of the default route. */
function startNeighbour(lab: Lab): () => Promise<string> {
  const ask = startBird(
    lab,
    lab.upstream,
    `router id ${UPSTREAM};
protocol device { }
template bgp gateways {
  connect delay time 1;
  connect retry time 1;
}
protocol bgp ipv4_gateways from gateways {
  local ${UPSTREAM} as 65002;
  neighbor ${ROUTER_ADDRESS} as 65001;
  ipv4 { import all; export none; };
}
protocol bgp ipv6_gateways from gateways {
  local ${UPSTREAM6} as 65002;
  neighbor ${ROUTER_ADDRESS6} as 65001;
  ipv6 { import all; export none; };
}
`,
  );
  return async () => ask("show route");
}

const DEFAULTS = [/^0\.0\.0\.0\/0/m, /^::\/0/m];

/** Waits until the neighbour has the default routes or has them no more; returns after how many milliseconds. */
async function untilDefault(lab: Lab, routes: () => Promise<string>, has: boolean): Promise<number> {
  const start = performance.now();
  const what = `the neighbour ${has ? "to have" : "to lose"} the default routes`;
  const text = await lab.until(what, routes, (now) => DEFAULTS.every((one) => one.test(now) === has));
  if (has) expect(text).not.toMatch(/173\//); // nothing but the default is announced
  return Math.round(performance.now() - start);
}

/** Lets all gateways fail, return, and the service stop, be killed and start again. Returns how long the neighbour took. */
async function causeFaults(lab: Lab, routes: () => Promise<string>, flags: Record<string, string>) {
  const daemon = lab.start(flags);
  const times: Record<string, number> = { start: await untilDefault(lab, routes, true) };
  for (const side of [lab.gateway(1), lab.gateway6(1)]) side.becomes(refusing);
  await lab.untilRouted([2]);
  await lab.untilRouted6([2]);
  await untilDefault(lab, routes, true);
  for (const side of [lab.gateway(2), lab.gateway6(2)]) side.becomes(refusing);
  times["all gateways down"] = await untilDefault(lab, routes, false);
  for (const side of [lab.gateway(2), lab.gateway6(2)]) side.becomes(answering(200));
  times["one is up again"] = await untilDefault(lab, routes, true);
  await daemon.kill();
  const next = lab.start(flags);
  await next.untilReady();
  expect(await routes()).toContain("0.0.0.0/0"); // the routes and the marker of the killed run are adopted
  const stopped = next.stop();
  times["stop"] = await untilDefault(lab, routes, false);
  await stopped;
  return times;
}

test("BIRD's neighbour has a default route while the routes of the service lead to gateways", async () => {
  const lab = await openLab({ gateways: 2, ipv6: true });
  const before = await lab.snapshot();
  startBird(lab, lab.router, await printed(lab, "bird", GATEWAYS));
  const times = await causeFaults(lab, startNeighbour(lab), GATEWAYS);
  process.stderr.write(`BIRD: ${JSON.stringify(times)} ms\n`);
  for (const fault of ["all gateways down", "one is up again", "stop"]) expect(times[fault]).toBeLessThan(2000);
  expect(await lab.snapshot()).toBe(before); // BIRD wrote nothing, and nothing of ours is left
});

/** What the guide has for OSPF, with an interface of the lab, and so fast that a test need not wait. */
const ospf = (device: string, exported: string): string => `
protocol ospf v2 inside {
  ipv4 { ${exported} };
  area 0 { interface "${device}" { type ptp; hello 1; dead 3; }; };
}
`;

test("a neighbour of BIRD learns the default route by OSPF as well", async () => {
  const lab = await openLab({ gateways: 1 });
  const gateways = { "start-ip": addressOf(1), "end-ip": addressOf(1) };
  const text = await printed(lab, "bird", gateways);
  startBird(lab, lab.router, text + ospf("wan0", "table exported_ipv4; import none; export all;"));
  const other = `router id ${UPSTREAM};\nprotocol device { }\n${ospf("eth0", "import all; export none;")}`;
  const ask = startBird(lab, lab.upstream, other);
  const has = async (): Promise<boolean> => /^0\.0\.0\.0\/0 /m.test(await ask("show route"));
  lab.start();
  await lab.until("the default route by OSPF", has, (now) => now);
  lab.gateway(1).becomes(refusing);
  await lab.until("the default route to go", has, (now) => !now);
});

test("BIRD's neighbour gets no default route from routes that reject packets", async () => {
  const lab = await openLab({ gateways: 1 });
  const gateways = { "start-ip": addressOf(1), "end-ip": addressOf(1) };
  const ask = startBird(lab, lab.router, await printed(lab, "bird", gateways));
  lab.start({ "when-no-gateways": "unreachable" });
  const learnt = (): Promise<string> => ask("show route table kernel_ipv4_180");
  await lab.until("BIRD to learn the route", learnt, (text) => text.includes(addressOf(1)));
  lab.gateway(1).becomes(refusing);
  await lab.until("BIRD to have no route", learnt, (text) => !text.includes("0.0.0.0/0"));
});

test("FRR's neighbour has a default route while the marker stands", async () => {
  const lab = await openLab({ gateways: 2, ipv6: true });
  const flags = { ...GATEWAYS, "marker-route": MARKERS };
  const config = lab.file("frr.conf", await printed(lab, "frr", flags));
  const folder = join(dirname(config), "run");
  mkdirSync(folder);
  chmodSync(dirname(config), 0o755);
  chmodSync(folder, 0o777); // they run as another user
  writeFileSync(join(folder, "vtysh.conf"), "");
  const empty = lab.file("empty.conf", "");
  chmodSync(dirname(empty), 0o755);
  for (const program of ["zebra", "bgpd"]) {
    const files = ["-f", empty, "-i", join(folder, `${program}.pid`), "-z", join(folder, "zserv")];
    const words = [...files, "--vty_socket", folder, "-P", "0", "-u", "frr", "-g", "frr"];
    start(lab.router, [`/usr/lib/frr/${program}`, ...words]);
  }
  const configured = async (): Promise<string> => {
    await run(["vtysh", "--vty_socket", folder, "-f", config]);
    return run(["vtysh", "--vty_socket", folder, "-c", "show running-config"]);
  };
  const lines = ["no zebra nexthop kernel enable", "default-originate route-map GRM-MARKERS-IPV6"];
  await lab.until("FRR to take its configuration", configured, (text) => lines.every((line) => text.includes(line)));
  const times = await causeFaults(lab, startNeighbour(lab), flags);
  process.stderr.write(`FRR: ${JSON.stringify(times)} ms\n`);
  expect((await lab.routes()).filter(({ protocol }) => protocol === "zebra")).toEqual([]);
});
