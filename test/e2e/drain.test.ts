/** Gateways that are taken out for maintenance by commands: packets, restarts, rights, and what is declined. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import {
  addressOf,
  answering,
  CALM,
  EXECUTABLE,
  gatewaysOf,
  type Lab,
  openLab,
  PREFERENCE,
  writeScript,
} from "./lab/index.ts";
import type { Daemon } from "./lab/daemon.ts";
import { flagArguments, runIn } from "./lab/executable.ts";

setDefaultTimeout(60_000);

const OTHER_USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

const socketOf = (lab: Lab): string => lab.ownFiles()["GRM_CONTROL_SOCKET"]!;
const fileOf = (lab: Lab): string => lab.ownFiles()["GRM_DRAIN_FILE"]!;

/** A lab with a service whose routes are over all gateways. */
const openServed = async (gateways = 3) => {
  const lab = await openLab({ gateways });
  const daemon = lab.start(CALM);
  await lab.untilRouted(Array.from({ length: gateways }, (_, index) => index + 1));
  await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
  return { lab, daemon };
};

test("a drain and its end move only flows of the gateway, lose no packet, and are in the kernel when the command ends", async () => {
  const { lab } = await openServed(5);
  const whole = await lab.traffic.survey(400);
  const stream = await lab.traffic.stream({ flows: 64, packetsPerSecond: 5000, limit: 1_000_000 });

  const drained = await lab.run(["drain", addressOf(2)]);
  const during = await lab.managedRoute();
  const left = await lab.traffic.survey(400);
  expect(drained).toEqual({
    status: 0,
    stderr: "",
    stdout: `${addressOf(2)} is drained\n  in use: ${[1, 3, 4, 5].map(addressOf).join(", ")} (no longer ${addressOf(2)})\n`,
  });
  expect(during!.nexthops!.map(({ gateway }) => gateway)).not.toContain(addressOf(2));
  expect(moved(whole, left).from).toEqual([addressOf(2)]);

  expect(await lab.run(["undrain", addressOf(2)])).toMatchObject({ status: 0, stderr: "" });
  expect(moved(left, await lab.traffic.survey(400)).to).toEqual([addressOf(2)]);
  await stream.more(1000);
  const { lost, arrived } = await stream.stop();
  expect({ lost, upstream: arrived["upstream"] }).toEqual({ lost: 0, upstream: undefined });
});

test("a drained gateway is probed, and used again only after undrain", async () => {
  const { lab, daemon } = await openServed();
  await lab.run(["drain", addressOf(1)]);
  const asked = lab.gateway(1).requests.length;
  lab.gateway(1).becomes(answering(500));
  await daemon.log.next(new RegExp(`gateway ${addressOf(1)} down`));
  lab.gateway(1).becomes(answering(200));
  await daemon.log.next(new RegExp(`gateway ${addressOf(1)} up`));
  expect(lab.gateway(1).requests.length).toBeGreaterThan(asked);
  await daemon.untilRounds(2);
  await lab.untilRouted([2, 3]);
  expect(await lab.run(["undrain", addressOf(1)])).toMatchObject({ status: 0 });
  await lab.untilRouted([1, 2, 3]);
});

describe("a drained gateway stays out", () => {
  test.each([
    ["a restart", async (daemon: Daemon): Promise<void> => void (await daemon.stop())],
    ["kill -9", (daemon: Daemon): Promise<void> => daemon.kill()],
  ] as const)("after %s", async (_, end) => {
    const { lab, daemon } = await openServed();
    await lab.run(["drain", addressOf(3)]);
    await end(daemon);
    const monitor = await lab.monitor();
    const second = lab.start(CALM);
    await second.untilReady();
    await lab.untilRouted([1, 2]);
    await second.untilRounds(2);
    const used = (await monitor.changesOf("default", 180)).flatMap(({ gateways }) => gateways);
    expect(used).not.toContain(addressOf(3));
    expect(await lab.run(["drain", "-list"])).toMatchObject({
      status: 0,
      stdout: `${addressOf(1)}\n${addressOf(2)}\n`,
    });
    expect(await lab.run(["undrain", "-list"])).toMatchObject({ status: 0, stdout: `${addressOf(3)}\n` });
    expect(await lab.run(["undrain", addressOf(3)])).toMatchObject({ status: 0 });
    await lab.untilRouted([1, 2, 3]);
  });

  test("where it was drained a moment before kill -9, and carried traffic in the kernel", async () => {
    const { lab, daemon } = await openServed();
    await daemon.kill();
    const since = new Date().toISOString();
    const drained = [{ gateway: addressOf(1), address: addressOf(1), since }];
    writeFileSync(fileOf(lab), JSON.stringify({ version: 1, drained }));
    await lab.start(CALM).untilReady();
    await lab.untilRouted([2, 3]);
  });
});

describe("the last usable gateway", () => {
  test("is not drained, unless it is forced", async () => {
    const { lab } = await openServed(2);
    lab.gateway(1).becomes(answering(500));
    await lab.untilRouted([2]);
    expect(await lab.run(["drain", addressOf(2)])).toEqual({
      status: 3,
      stdout: "",
      stderr: `gateway-route-manager: ${addressOf(2)} is the last usable gateway; nothing was changed; drain it all the same with -force\n`,
    });
    await lab.untilRouted([2]);
    expect(await lab.run(["drain", addressOf(2), "-force"])).toMatchObject({
      status: 0,
      stdout: `${addressOf(2)} is drained\n  in use: none (no longer ${addressOf(2)})\n`,
    });
    await lab.untilRouted([]);
    lab.gateway(1).becomes(answering(200));
    await lab.untilRouted([1]);
  });

  test("is an outage like any other while a kill switch is set", async () => {
    const lab = await openLab({ gateways: 1 });
    lab.start({ ...CALM, "when-no-gateways": "unreachable" });
    await lab.untilRouted([1]);
    await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
    expect(await lab.run(["drain", addressOf(1), "-force"])).toMatchObject({ status: 0 });
    await expect(lab.forwardedRoute("8.8.8.8")).rejects.toThrow(/unreachable|No route/i);
    await lab.run(["undrain", addressOf(1)]);
    await lab.untilRouted([1]);
  });

  test("leaves the routes that -when-no-gateways keep would keep", async () => {
    const lab = await openLab({ gateways: 1 });
    lab.start({ ...CALM, "when-no-gateways": "keep" });
    await lab.untilRouted([1]);
    await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
    expect(await lab.run(["drain", addressOf(1), "-force"])).toMatchObject({ status: 0 });
    expect(await lab.managedRoute()).toBeUndefined();
  });

  test("is known right after a start, before it was probed", async () => {
    const lab = await openLab({ gateways: 2 });
    writeFileSync(
      fileOf(lab),
      JSON.stringify({
        version: 1,
        drained: [{ gateway: addressOf(1), address: addressOf(1), since: "2026-11-27T00:00:00Z" }],
      }),
    );
    lab.start(CALM);
    await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
    expect(await lab.run(["drain", addressOf(2)])).toMatchObject({ status: 3 });
  });
});

describe("another user", () => {
  test("cannot drain a gateway", async () => {
    const { lab } = await openServed();
    expect(statSync(socketOf(lab)).mode & 0o777).toBe(0o600);
    const command = [...OTHER_USER, EXECUTABLE, "drain", addressOf(1)];
    const { status, stderr } = await runIn(lab.router, command, lab.ownFiles());
    expect(status).toBe(4);
    expect(stderr).toContain("permission denied; run this command as root, or as the user of the service");
    await lab.untilRouted([1, 2, 3]);
  });

  test("than root, with which the service runs, can drain a gateway, as can root", async () => {
    const lab = await openLab();
    const user = [...OTHER_USER, "--inh-caps=+net_admin", "--ambient-caps=+net_admin"];
    const daemon = lab.start(CALM, { wrapper: user });
    await daemon.untilReady();
    await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
    expect(statSync(socketOf(lab)).uid).toBe(65534);
    expect(await lab.run(["drain", addressOf(1)])).toMatchObject({ status: 0, stderr: "" });
    const command = [...OTHER_USER, EXECUTABLE, "undrain", addressOf(1)];
    expect(await runIn(lab.router, command, lab.ownFiles())).toMatchObject({ status: 0 });
    await lab.untilRouted([1, 2, 3]);
  });

  test("finds no port but that of the metrics open", async () => {
    const { lab } = await openServed();
    const { stdout } = await runIn(lab.router, ["ss", "-Hltun"]);
    const local = stdout.split("\n").filter((line) => line !== "");
    expect(local.filter((line) => !/[:\]]9090\s/.test(line))).toEqual([]);
  });
});

describe("two instances", () => {
  test("with tables of their own are told apart", async () => {
    const lab = await openLab();
    lab.start(CALM);
    const other = { "first-routing-table-id": 200, "first-rule-preference": PREFERENCE + 100, "metrics-port": 9191 };
    const second = lab.start({ ...CALM, ...other, route: ["9.9.9.0/24"] });
    await lab.untilRouted([1, 2, 3]);
    await second.untilReady();
    expect(await lab.run(["drain", addressOf(1)], { table: 200 })).toMatchObject({ status: 0 });
    await lab.untilRouted([1, 2, 3]);
    const routes = await lab.routes(200);
    const nexthops = routes.find(({ dst }) => dst === "9.9.9.0/24")?.nexthops?.map(({ gateway }) => gateway);
    expect(new Set(nexthops)).toEqual(new Set([addressOf(2), addressOf(3)]));
  });

  test("with one socket: the second one runs, and says that no command reaches it", async () => {
    const { lab } = await openServed();
    const other = await lab.addRouter();
    const second = lab.start(CALM, { router: other, env: lab.ownFiles() });
    await second.log.next(
      /no command such as drain can reach this service: .* is in use: another running instance has it/,
    );
    await second.untilReady();
    expect(await lab.run(["drain", addressOf(1)])).toMatchObject({ status: 0 });
    await lab.untilRouted([2, 3]);
  });
});

/** A table whose folder in /run no other program makes. */
const OTHER_TABLE = { "first-routing-table-id": 4712 };

describe("where the service cannot make its files", () => {
  test("it runs, warns, and the commands say why", async () => {
    const lab = await openLab();
    const env = { GRM_CONTROL_SOCKET: "/proc/none/control.sock", GRM_DRAIN_FILE: "/proc/none/drained.json" };
    const daemon = lab.start(CALM, { env });
    await daemon.log.next(/no command such as drain can reach this service: cannot make the control socket/);
    await lab.untilRouted([1, 2, 3]);
    const ending = await runIn(lab.router, [EXECUTABLE, "drain", addressOf(1)], env);
    expect(ending).toMatchObject({ status: 4, stderr: expect.stringContaining("there is no such socket") });
  });

  const READ_ONLY = ["unshare", "--mount", "sh", "-c", 'mount --bind -o ro /run /run && exec "$@"', "sh"];
  /** As without the lab's own places for the files. */
  const nowhere = (lab: Lab) => ({ GRM_CONTROL_SOCKET: "", GRM_DRAIN_FILE: fileOf(lab) });

  test("it runs without a warning where no command was ever of use, as in a unit of an older version", async () => {
    const lab = await openLab();
    const daemon = lab.start({ ...CALM, ...OTHER_TABLE }, { wrapper: READ_ONLY, env: nowhere(lab) });
    const { text } = await daemon.log.next(/no command such as drain can reach this service/);
    expect(text).toContain("level=debug");
    expect(daemon.log.matching(/level=(warn|error)/)).toEqual([]);
    const ending = await runIn(lab.router, [EXECUTABLE, "drain", addressOf(1), ...flagArguments(OTHER_TABLE)]);
    expect(ending).toMatchObject({ status: 4, stderr: expect.stringContaining("a unit of an older version") });
  });

  test("it warns where a gateway is drained", async () => {
    const lab = await openLab();
    const drained = [{ gateway: addressOf(1), address: addressOf(1), since: "2026-11-27T00:00:00Z" }];
    writeFileSync(fileOf(lab), JSON.stringify({ version: 1, drained }));
    const daemon = lab.start({ ...CALM, ...OTHER_TABLE }, { wrapper: READ_ONLY, env: nowhere(lab) });
    const { text } = await daemon.log.next(/no command such as drain can reach this service/);
    expect(text).toContain("level=warn");
  });

  test("without a file a drain works until the next start, and says so", async () => {
    const lab = await openLab();
    const env = { ...lab.ownFiles(), GRM_DRAIN_FILE: "none" };
    const daemon = lab.start(CALM, { env });
    await lab.untilRouted([1, 2, 3]);
    await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
    const ending = await runIn(lab.router, [EXECUTABLE, "drain", addressOf(1)], env);
    expect(ending).toMatchObject({ status: 0, stderr: expect.stringContaining("a restart forgets this") });
    await lab.untilRouted([2, 3]);
    await daemon.stop();
    lab.start(CALM, { env });
    await lab.untilRouted([1, 2, 3]);
  });

  test.each([
    ["damaged", "{"],
    ["empty", ""],
  ])("a file that is %s is reported, and the next drain replaces it", async (_, text) => {
    const lab = await openLab();
    writeFileSync(fileOf(lab), text);
    const daemon = lab.start(CALM);
    await daemon.log.next(/cannot read the drained gateways from/);
    await lab.untilRouted([1, 2, 3]);
    await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
    expect(await lab.run(["drain", addressOf(1)])).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(readFileSync(fileOf(lab), "utf8"))).toMatchObject({ drained: [{ gateway: addressOf(1) }] });
  });
});

test("status, metrics, log and hook show a drained gateway, and plan and explain know it", async () => {
  const lab = await openLab();
  const script = writeScript(lab);
  const daemon = lab.start({ ...CALM, "on-change": script.command });
  await lab.untilRouted([1, 2, 3]);
  await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
  await lab.run(["drain", addressOf(2)]);
  const lines = (await lab.run(["status"])).stdout.split("\n");
  expect(lines[0]).toBe("healthy: all 2 gateways are up; 1 drained");
  expect(lines.find((line) => line.startsWith(addressOf(2)))).toMatch(/ drained .* - .* drained for \d+s$/);
  expect((await daemon.metrics()).value("gateway_drained", { gateway_ip: addressOf(2) })).toBe(1);
  await daemon.log.next(new RegExp(`gateway ${addressOf(2)} drained: not used until undrain`));

  const flags = ["-start-ip", addressOf(1), "-end-ip", addressOf(3)];
  const planned = await lab.run(["plan", ...flags]);
  expect(planned.stdout).toContain(`${addressOf(2)} is drained, and so not used`);
  expect(planned.stdout).toContain("nothing to change");
  const explained = await lab.run(["explain", "8.8.8.8", ...flags]);
  expect(explained.stdout).toContain(`drained, and so not used: ${addressOf(2)}`);

  await lab.run(["undrain", addressOf(2)]);
  const events = (): string[] => script.notifications.map(({ event }) => event);
  await lab.until("both notifications", events, (seen) => seen.includes("gateway-undrained"));
  expect(events()).toEqual(["gateway-drained", "gateway-undrained"]);
});

test("a gateway with a name is drained by it, out of all pools that have it", async () => {
  const lab = await openLab();
  const name = (number: number): string => `g${number}=${addressOf(number)}`;
  const names = { "start-ip": addressOf(1), "end-ip": addressOf(3), gateway: [name(1), name(2)] };
  lab.start({ ...CALM, ...names });
  await lab.untilRouted([1, 2, 3]);
  await lab.until("the control socket", () => existsSync(socketOf(lab)), Boolean);
  expect(await lab.run(["drain", "g2"])).toMatchObject({
    status: 0,
    stdout: `g2 (${addressOf(2)}) is drained\n  in use: g1 (${addressOf(1)}), ${addressOf(3)} (no longer g2 (${addressOf(2)}))\n`,
  });
  expect(await lab.run(["drain", "g4"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`there is no gateway "g4"`),
  });
  expect(JSON.parse(readFileSync(fileOf(lab), "utf8")).drained).toMatchObject([{ gateway: "g2" }]);
  expect((await lab.run(["drain", "-list"])).stdout).toBe(`g1\n${addressOf(3)}\n`);
});

describe("with a configuration file", () => {
  const gateway = (number: number, more = ""): string =>
    `[[gateway]]\nname = "g${number}"\naddress = "${addressOf(number)}"\n${more}`;
  const file = (more = ""): string => `
[service]
control-socket = "SOCKET"
drain-file = "FILE"
[probe.health]
type = "http"
period = "250ms"
timeout = "250ms"
${gateway(1)}
${gateway(2)}
${gateway(3, more)}
[[pool]]
name = "first"
table = 300
members = ["g1", "g2", "g3"]
[[pool]]
name = "second"
from = ["10.78.0.0/24"]
members = ["g2"]
`;
  const openWith = async (text: string) => {
    const lab = await openLab();
    const own = lab.ownFiles();
    const text2 = text.replace("SOCKET", own["GRM_CONTROL_SOCKET"]!).replace("FILE", own["GRM_DRAIN_FILE"]!);
    const none = { GRM_CONTROL_SOCKET: "", GRM_DRAIN_FILE: "" };
    const daemon = lab.startWithFile(text2, {}, { env: none });
    await daemon.untilReady();
    const config = String(daemon.flags["config"]);
    const run = (...words: string[]) => runIn(lab.router, [EXECUTABLE, ...words, "-config", config]);
    return { lab, daemon, run };
  };
  const nexthopsIn = async (lab: Lab, table: number): Promise<string[]> => {
    const route = (await lab.routes(table)).find(({ dst, type }) => dst === "default" && type === "unicast");
    return gatewaysOf(route).sort();
  };

  test("a gateway leaves all pools that have it, and none whose last one it is", async () => {
    const { lab, run } = await openWith(file());
    expect(await run("drain", "g2")).toMatchObject({
      status: 3,
      stderr: expect.stringContaining(`g2 (${addressOf(2)}) is the last usable gateway of pool "second"`),
    });
    expect(await run("drain", "g3")).toMatchObject({
      status: 0,
      stdout: `g3 (${addressOf(3)}) is drained\n  pool first: in use: g1 (${addressOf(1)}), g2 (${addressOf(2)}) (no longer g3 (${addressOf(3)}))\n`,
    });
    expect(await nexthopsIn(lab, 300)).toEqual([1, 2].map(addressOf));
    expect(await run("drain", "g2", "-force")).toMatchObject({ status: 0 });
    expect(await nexthopsIn(lab, 300)).toEqual([addressOf(1)]);
    const second = (await lab.rules()).find(({ src }) => src?.startsWith("10.78.0.0"))!;
    expect(await nexthopsIn(lab, Number(second.table))).toEqual([]);
  });

  test("a gateway that it drains is out from the start, and undrain says where to change that", async () => {
    const { lab, run, daemon } = await openWith(file("drained = true"));
    expect(await nexthopsIn(lab, 300)).toEqual([1, 2].map(addressOf));
    expect(await run("undrain", "g3")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("is drained by the configuration; remove its drained = true there, and reload"),
    });
    expect((await daemon.metrics()).value("gateway_drained", { gateway_ip: addressOf(3) })).toBe(1);
    expect(daemon.log.matching(/gateway g3 .* drained by the configuration: not used/)).toHaveLength(1);
  });
});

test("by default socket and file are in folders of the table, for root alone", async () => {
  const table = 60_000 + (process.pid % 5000); // other labs run at the same time
  const folders = [`/run/gateway-route-manager/${table}`, `/var/lib/gateway-route-manager/${table}`];
  const lab = await openLab();
  lab.onClose(() => folders.forEach(removeFolder));
  const flags = { ...CALM, "first-routing-table-id": table };
  const env = { GRM_CONTROL_SOCKET: "", GRM_DRAIN_FILE: "", STATE_DIRECTORY: "" };
  const daemon = lab.start(flags, { env });
  await daemon.untilReady();
  await lab.until("the control socket", () => existsSync(`${folders[0]}/control.sock`), Boolean);
  const command = [EXECUTABLE, "drain", addressOf(1), "-first-routing-table-id", String(table)];
  expect(await runIn(lab.router, command)).toMatchObject({ status: 0, stderr: "" });
  for (const folder of folders) expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(existsSync(`${folders[1]}/drained.json`)).toBe(true);
  await daemon.stop();
  expect(existsSync(`${folders[0]}/control.sock`)).toBe(false);
});

test("systemd's folders win over the default places", async () => {
  const { lab } = await openServed();
  const base = dirname(socketOf(lab));
  for (const folder of ["run", "state"]) mkdirSync(`${base}/${folder}`, { mode: 0o700 });
  const env = {
    ...{ GRM_CONTROL_SOCKET: "", GRM_DRAIN_FILE: "" },
    ...{ RUNTIME_DIRECTORY: `${base}/run`, STATE_DIRECTORY: `${base}/state:${base}/other` },
  };
  const other = await lab.addRouter();
  lab.start(CALM, { router: other, env });
  await lab.until("the control socket", () => existsSync(`${base}/run/control.sock`), Boolean);
  const command = [EXECUTABLE, "drain", addressOf(1), "-control-socket", `${base}/run/control.sock`];
  expect(await runIn(other, command)).toMatchObject({ status: 0, stderr: "" });
  expect(existsSync(`${base}/state/drained.json`)).toBe(true);
});

test("a wrong command line is answered with every problem and the usage", async () => {
  const lab = await openLab({ gateways: 1 });
  const { status, stderr } = await lab.run(["drain", "-force=maybe", "-no-such-flag"]);
  expect(status).toBe(2);
  expect(stderr).toContain(`drain "": expected the name or the address of a gateway`);
  expect(stderr).toContain("usage: gateway-route-manager drain NAME|ADDRESS");
});

/** Removes a folder, and the one around it if nothing else is there. */
function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  try {
    rmdirSync(dirname(folder));
  } catch {
    // that of another instance is there
  }
}

/** The gateways that flows have left and those that they moved to, between two surveys. */
function moved(before: Map<number, string>, after: Map<number, string>): { from: string[]; to: string[] } {
  const flows = [...before.keys()].filter((flow) => before.get(flow) !== after.get(flow));
  const names = (survey: Map<number, string>): string[] => [...new Set(flows.map((flow) => survey.get(flow)!))].sort();
  return { from: names(before), to: names(after) };
}
