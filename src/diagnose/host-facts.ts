import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { basename, join } from "node:path";

import { FAMILIES, type Family, numberOf, parseAddress } from "../net/address.ts";
import { readFilters } from "../service/reverse-path-filters.ts";
import type { NamedText } from "./managers.ts";
import type { PairFacts } from "./pair.ts";
import type { Settings } from "./settings.ts";
import { configurationOf, type Zebra } from "./zebra.ts";

/** The text of a file; undefined when there is none, or it may not be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The names in a folder; none when there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Reads the kernel's settings of this network namespace. */
export function readSettings(devices: Iterable<string>): Settings {
  const names = [...new Set(devices)];
  const either = (device: string, name: string): boolean => stricter(device, name) > 0;
  const both = (device: string, name: string): boolean => settingOf("all", name) > 0 && settingOf(device, name) > 0;
  const addressed = interfacesWithAddresses();
  return {
    ...readForwarding(names),
    ...readHash(4),
    filters: readFilters(names),
    redirecting: names.filter((device) => either(device, "send_redirects")),
    redirected: names.filter((device) => (forwards(device) ? both : either)(device, "accept_redirects")),
    oneArmed: addressed.every((device) => names.includes(device)),
    ipv6: {
      leads: hasIpv6Default(),
      forwards: settingOf("all", "forwarding", 6) === 1,
    },
  };
}

function forwards(device: string): boolean {
  return settingOf(device, "forwarding") > 0;
}

/** Whether packets of other devices are forwarded, of all interfaces with an address and of these. */
export function readForwarding(names: readonly string[] = []): Pick<Settings, "forward" | "forwarding"> {
  const all = new Set([...interfacesWithAddresses(), ...names]);
  return {
    forward: readSetting("ip_forward"),
    forwarding: new Map([...all].map((device) => [device, forwards(device)])),
  };
}

/** What the kernel distributes flows of a family by. */
export function readHash(family: Family): Pick<Settings, "hashPolicy" | "hashFields"> {
  return {
    hashPolicy: readSetting("fib_multipath_hash_policy", family),
    hashFields: readSetting("fib_multipath_hash_fields", family),
  };
}

/** What decides the hash on the routers of a pair. */
export function readPairHash(): Pick<PairFacts, "seed" | "isSettable" | "hashPolicy"> {
  const name = "fib_multipath_hash_seed";
  const isSettable = isWritable(`/proc/sys/net/ipv4/${name}`);
  return { seed: readSetting(name), isSettable, hashPolicy: readHash(4).hashPolicy };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether the reverse path filter of an interface is strict. */
export function isFilterStrict(device: string): boolean {
  return readFilters([device]).get(device) === 1;
}

/** The greater value of an interface and of `all`, which counts for some settings. */
function stricter(device: string, name: string): number {
  return Math.max(settingOf("all", name), settingOf(device, name));
}

/** A setting of an interface, or of `all`; 0 where the kernel has none of that name. */
export function settingOf(device: string, name: string, family: Family = 4): number {
  return Number(readSetting(`conf/${device}/${name}`, family) ?? 0);
}

/** A setting of a family below /proc/sys/net; undefined where the kernel has none of that name. */
export function readSetting(name: string, family: Family = 4): string | undefined {
  return readText(`/proc/sys/net/ipv${family}/${name}`)?.trim();
}

/** The state of a socket that listens (TCP_LISTEN in include/net/tcp_states.h), as /proc/net/tcp has it. */
const LISTENING = "0A";

/** An address as /proc/net/tcp has it: 32 bits at a time, with the bytes of each as the processor orders them. */
function socketAddress(text: string): string {
  const address = parseAddress(text, FAMILIES)!;
  const bytes = numberOf(address)
    .toString(16)
    .padStart(address.family === 4 ? 8 : 32, "0")
    .toUpperCase();
  const words = bytes.match(/.{8}/g) ?? [];
  return words.map((word) => word.match(/../g)!.toReversed().join("")).join("");
}

/** The addresses of all, as /proc/net/tcp has them: a socket of IPv6 for any address takes IPv4 as well. */
const ANY: Readonly<Record<Family, readonly string[]>> = { 4: ["0".repeat(8), "0".repeat(32)], 6: ["0".repeat(32)] };

/** TCP ports on which sockets listen for connections to one of these addresses of a family, or to any address. */
export function readListeningPorts(addresses: readonly string[], family: Family = 4): number[] {
  const local = new Set([...ANY[family], ...addresses.map(socketAddress)]);
  const names = family === 4 ? ["tcp", "tcp6"] : ["tcp6"];
  const lines = names.flatMap((name) => readText(`/proc/self/net/${name}`)?.split("\n").slice(1) ?? []);
  const ports = lines.flatMap((line) => {
    const [, at = "", , state] = line.trim().split(/\s+/);
    const [address = "", port = ""] = at.split(":");
    return state === LISTENING && local.has(address) ? Number.parseInt(port, 16) : [];
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** The names of all interfaces of this network namespace, with addresses or without. */
export function readInterfaces(): string[] {
  const lines = readText("/proc/self/net/dev")?.split("\n") ?? [];
  return lines.flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);
}

/** Interfaces with IPv4 addresses, apart from the loopback. */
export function interfacesWithAddresses(): string[] {
  return Object.entries(networkInterfaces())
    .filter(([, addresses = []]) => addresses.some(({ family, internal }) => family === "IPv4" && !internal))
    .map(([device]) => device);
}

/** The first IPv4 address of each interface, or else of IPv6, apart from the loopback and link-local ones. */
export function firstAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => {
    const shown = addresses.filter(({ internal, address }) => !internal && !/^(fe80|169\.254)/.test(address));
    return (shown.find(({ family }) => family === "IPv4") ?? shown[0])?.address ?? [];
  });
}

/** Whether /proc/net/ipv6_route has a default route, apart from the kernel's own at `lo`, which rejects packets. */
export function hasIpv6Default(): boolean {
  const lines = readText("/proc/self/net/ipv6_route")?.split("\n") ?? [];
  return lines.some((line) => /^0{32} 00 /.test(line) && !line.endsWith(" lo"));
}

/** Characters of a process's name that the kernel stores. */
const COMM_LENGTH = 15;

/** Whether a program of this name runs in this network namespace, or in one that this user may not read. */
export function isProgramRunning(name: string): boolean {
  return processOf(name) !== undefined;
}

function processOf(name: string): string | undefined {
  const own = namespaceOf("self");
  return namesIn("/proc")
    .filter((pid) => /^\d+$/.test(pid) && readText(`/proc/${pid}/comm`)?.trim() === name.slice(0, COMM_LENGTH))
    .find((pid) => [own, HIDDEN].includes(namespaceOf(pid)));
}

/** FRR's zebra, if it runs here. */
export function readZebra(): Zebra | undefined {
  const pid = processOf("zebra");
  if (pid === undefined) return undefined;
  const args = readText(`/proc/${pid}/cmdline`)?.split("\0").slice(1, -1) ?? [];
  const path = configurationOf(args, existsSync);
  return { path, text: readText(path) };
}

const HIDDEN = "hidden";

/** The network namespace of a process; undefined of one that has ended, which keeps its name until its parent has seen that. */
function namespaceOf(process: string): string | undefined {
  try {
    return readlinkSync(`/proc/${process}/ns/net`);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return ["EACCES", "EPERM"].includes(code) ? HIDDEN : undefined;
  }
}

/** The folders that systemd reads, those that win first. */
const SYSTEMD_FOLDERS = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

/**
 * What systemd-networkd reads (networkd.conf(5)): the first main file that exists, then the drop-ins in the order of their
 * names, where one in an earlier folder hides those of the same name.
 */
export function readNetworkdTexts(): string[] {
  const main = SYSTEMD_FOLDERS.map((folder) => readText(join(folder, "networkd.conf"))).find(
    (text) => text !== undefined,
  );
  const dropIns = new Map<string, string>();
  for (const path of SYSTEMD_FOLDERS.flatMap((folder) => filesIn(join(folder, "networkd.conf.d"), /\.conf$/))) {
    if (!dropIns.has(basename(path))) dropIns.set(basename(path), path);
  }
  const inOrder = [...dropIns.keys()].sort().map((name) => readText(dropIns.get(name)!));
  return [main, ...inOrder].flatMap((text) => text ?? []);
}

/** Where NetworkManager keeps its settings and connections (NetworkManager.conf(5), nm-settings-keyfile(5)). */
const NETWORK_MANAGER_FOLDERS = ["/etc/NetworkManager", "/run/NetworkManager", "/usr/lib/NetworkManager"];

/** The files of NetworkManager that this user may read. */
export function readNetworkManagerFiles(): NamedText[] {
  const paths = NETWORK_MANAGER_FOLDERS.flatMap((folder) => [
    join(folder, "NetworkManager.conf"),
    ...filesIn(join(folder, "conf.d"), /\.conf$/),
    ...filesIn(join(folder, "system-connections"), /^[^.]/),
  ]);
  return paths.flatMap((path) => {
    const text = readText(path);
    return text === undefined ? [] : { path, text };
  });
}

function filesIn(folder: string, pattern: RegExp): string[] {
  return namesIn(folder)
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));
}
