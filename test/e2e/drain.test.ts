/** Gateways that are taken out for maintenance by commands: packets, restarts, the last gateway, names and pools. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import type { Daemon } from "./lab/daemon.ts";
import { fileOf, openServed, socketOf } from "./lab/drain.ts";
import { runIn } from "./lab/executable.ts";
import {
  addressOf,
  answering,
  CALM,
  EXECUTABLE,
  gatewaysOf,
  type Lab,
  moved,
  openLab,
  writeScript,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

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

test("a wrong command line is answered with every problem and the usage", async () => {
  const lab = await openLab({ gateways: 1 });
  const { status, stderr } = await lab.run(["drain", "-force=maybe", "-no-such-flag"]);
  expect(status).toBe(2);
  expect(stderr).toContain(`drain "": expected the name or the address of a gateway`);
  expect(stderr).toContain("usage: gateway-route-manager drain NAME|ADDRESS");
});
