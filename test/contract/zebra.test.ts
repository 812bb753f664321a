/** A real zebra of FRR is found, with what its configuration means for nexthop objects. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execa } from "execa";

import type { Finding } from "../../src/diagnose/finding.ts";
import { openNamespace } from "./namespace.fixture.ts";

setDefaultTimeout(60_000);

/** Zebra gives up its privileges for those of this user, who has to be able to read and write its files. */
async function idsOf(user: string): Promise<readonly [number, number]> {
  const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => execa("id", [flag, user])));
  return [Number(uid!.stdout), Number(gid!.stdout)];
}

/**
 * Runs zebra in a namespace, with the folders of its name, until the end of the test.
 *
 * @param isNamed whether its arguments name its file
 */
async function startZebra(name: string, text: string, isNamed = true) {
  const [configuration, state] = [`/etc/frr/${name}`, `/var/run/frr/${name}`];
  const path = join(configuration, "zebra.conf");
  const ids = await idsOf("frr");
  for (const folder of [configuration, state]) {
    mkdirSync(folder, { recursive: true });
    chownSync(folder, ...ids);
  }
  writeFileSync(path, text);
  chownSync(path, ...ids);
  await execa("ip", ["netns", "exec", name, "/usr/lib/frr/zebra", "-d", "-N", name, ...(isNamed ? ["-f", path] : [])]);
  return {
    path,
    async [Symbol.asyncDispose]() {
      const pid = readFileSync(join(state, "zebra.pid"), "utf8").trim();
      process.kill(Number(pid));
      await until(async () => !existsSync(`/proc/${pid}`)); // it goes on with what it is doing
      for (const folder of [configuration, state]) rmSync(folder, { recursive: true });
    },
  };
}

async function judge(namespace: string): Promise<Finding> {
  const child = join(import.meta.dir, "zebra-child.ts");
  const { stdout } = await execa("ip", ["netns", "exec", namespace, process.execPath, child]);
  return JSON.parse(stdout) as Finding;
}

/** RTPROT_ZEBRA of linux/rtnetlink.h. */
const ZEBRA = "11";

/** How many nexthop objects zebra has made for the routes of the namespace. */
async function objectsOf(ip: (args: readonly string[]) => Promise<string>): Promise<number> {
  return (JSON.parse(await ip(["-j", "nexthop", "show", "proto", ZEBRA])) as unknown[]).length;
}

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await Bun.sleep(50);
}

/** A namespace with an interface that leads somewhere. */
async function openRouter() {
  const space = await openNamespace();
  await space.ip(["link", "add", "v0", "type", "veth", "peer", "name", "v1"]);
  for (const device of ["v0", "v1"]) await space.ip(["link", "set", device, "up"]);
  await space.ip(["address", "add", "fd00:77::1/64", "dev", "v0", "nodad"]);
  return space;
}

test("zebra has objects of its own by default, and none with the line of the remedy", async () => {
  await using space = await openRouter();
  expect(await judge(space.name)).toMatchObject({ level: "ok", message: "is not running" });
  await using zebra = await startZebra(space.name, "hostname one\n");
  await until(async () => (await objectsOf(space.ip)) > 0);
  const { level, remedy } = await judge(space.name);
  expect(level).toBe("warning");
  const [, line, path] = /^add the line (.*) to (\S+), and restart FRR$/.exec(remedy!)!;
  expect(path).toBe(zebra.path);

  await using other = await openRouter();
  await using _ = await startZebra(other.name, `hostname two\n${line}\n`);
  await Bun.sleep(1500); // as long as it needs to read the routes, several times over
  expect(await objectsOf(other.ip)).toBe(0);
  expect(await judge(other.name)).toMatchObject({ level: "ok" });
});

test("zebra does not read a file of its own where there is one for all programs of FRR", async () => {
  await using space = await openRouter();
  expect(existsSync("/etc/frr/frr.conf")).toBe(true); // Debian's package has one
  await using _ = await startZebra(space.name, "no zebra nexthop kernel enable\n", false);
  await until(async () => (await objectsOf(space.ip)) > 0);
  const { level, remedy } = await judge(space.name);
  expect([level, remedy]).toEqual([
    "warning",
    `add the line no zebra nexthop kernel enable to /etc/frr/${space.name}/frr.conf, and restart FRR`,
  ]);
});
