import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

import type { ServiceConfig } from "../config/model.ts";
import { askHealth, type HealthAnswer, type HealthQuestion, originOf } from "../http/health-client.ts";
import { type Address, formatAddress, numberOf, parseAddress } from "../net/address.ts";
import { hostOf } from "../net/cidr.ts";
import { failureText } from "../text/failure.ts";
import { managers } from "./instance-lock.ts";
import { listenersFor, parseListeners, UntrustedPort } from "./port-listeners.ts";

type Port = Pick<ServiceConfig, "metricsAddress" | "metricsPort">;

/**
 * Whose process gets what is sent to a port.
 *
 * - `trusted`: root's, of this user, or of the user of a running service
 * - `foreign`: another user's, with this number
 * - `none`: no process of this network namespace listens there
 * - `elsewhere`: the address is not of this machine, or the kernel's list is hidden, so nothing is known
 */
export type PortOwner =
  { readonly kind: "trusted" | "none" | "elsewhere" } | { readonly kind: "foreign"; readonly uid: number };

export function ownerOf({ metricsAddress, metricsPort }: Port): PortOwner {
  const address = metricsAddress === "all" ? LOOPBACK : parseAddress(metricsAddress, [4, 6]);
  const listed = readListeners();
  if (address === undefined || listed === undefined || !isOwn(address)) return { kind: "elsewhere" };
  const listeners = listenersFor(address, metricsPort, listed);
  if (listeners.length === 0) return { kind: "none" };
  const foreign = listeners.find(({ uid }) => !isTrustedUser(uid));
  return foreign ? { kind: "foreign", uid: foreign.uid } : { kind: "trusted" };
}

/** Whether a user is root, that of this process, or that of a running service. */
export function isTrustedUser(user: number): boolean {
  return user === 0 || user === process.geteuid!() || managers().some(({ uid }) => uid === user);
}

const LOOPBACK: Address = { family: 4, bits: 0x7f00_0001 };

function isOwn(address: Address): boolean {
  if (address.family === 4 && address.bits >>> 24 === 127) return true;
  const host = formatAddress(hostOf(address).address); // without a zone
  return Object.values(networkInterfaces()).some((all = []) => all.some((one) => sameAddress(one.address, host)));
}

function sameAddress(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => parseAddress(text, [4, 6]));
  return a !== undefined && b !== undefined && a.family === b.family && numberOf(a) === numberOf(b);
}

function readListeners() {
  try {
    const read = (file: string): string => readFileSync(`/proc/self/net/${file}`, "utf8");
    return [...parseListeners(read("tcp")), ...parseListeners(readIfThere(read, "tcp6"))];
  } catch {
    return undefined;
  }
}

/** A kernel without IPv6 has no such file. */
function readIfThere(read: (file: string) => string, file: string): string {
  try {
    return read(file);
  } catch {
    return "";
  }
}

/**
 * Why nothing may be sent to a port, and no answer of it counts; undefined where it is not known to be another user's.
 *
 * @param withPassword whether a password would be sent. Then a process has to listen there already: one of another user
 *   could begin to just after this question
 */
export function whyDistrusted(port: Port, withPassword: boolean): Error | undefined {
  const owner = ownerOf(port);
  const unsent = withPassword ? "; the password was not sent" : "";
  if (owner.kind === "none" && withPassword) return new Error(`nothing listens there${unsent}`);
  if (owner.kind !== "foreign") return undefined;
  const detail = `port ${port.metricsPort} belongs to a process of user ${owner.uid}, who is not root, not you and not the user of a running service${unsent}`;
  const remedy = "find that process with ss -ltnp, and check -metrics-port";
  return new UntrustedPort(failureText({ detail, remedy }));
}

/** Requests the health of a service on this machine, unless another user has its port. Never throws. */
export async function askOwnHealth(port: Port, question: HealthQuestion = {}): Promise<HealthAnswer> {
  const { metricsAddress, metricsPort } = port;
  const why = whyDistrusted(port, question.password !== undefined);
  if (why === undefined) return askHealth(metricsAddress, metricsPort, question);
  return { code: "other-program", detail: `${originOf(metricsAddress, metricsPort)}: ${why.message}` };
}
