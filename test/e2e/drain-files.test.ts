/** The socket and the file of drains: who may use them, where they are, and what happens where they cannot be made. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { fileOf, openServed, socketOf } from "./lab/drain.ts";
import { flagArguments, runIn } from "./lab/executable.ts";
import { addressOf, CALM, EXECUTABLE, type Lab, openLab, PREFERENCE } from "./lab/index.ts";

setDefaultTimeout(60_000);

const OTHER_USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

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

/** Removes a folder, and the one around it if nothing else is there. */
function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  try {
    rmdirSync(dirname(folder));
  } catch {
    // that of another instance is there
  }
}
