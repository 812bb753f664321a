import { FAMILIES } from "../../net/address.ts";
import { type Cidr, parseCidr } from "../../net/cidr.ts";
import { isOurId, tableOfId } from "../nexthop-ids.ts";
import type { KernelEvent } from "../kernel.ts";
import { readRouteLine } from "./route-line.ts";

/** Reads one line of `ip -N -o monitor label route rule link address nexthop`; undefined when it has no meaning here. */
export function readMonitorLine(line: string): KernelEvent | undefined {
  if (line.includes("No buffer space available")) return { kind: "overflow" };
  const [head = "", label] = /^\[(ROUTE|RULE|LINK|ADDR|NEXTHOP)\](?:Deleted )?/.exec(line) ?? [];
  const text = line.slice(head.length);
  switch (label) {
    case "RULE":
      return { kind: "rule" };
    case "NEXTHOP":
      return nexthopIn(text);
    case "LINK":
    case "ADDR":
      return { kind: "link", devices: devicesIn(text), network: networkIn(text) };
    case "ROUTE": {
      const table = / table (\d+)( |$)/.exec(text)?.[1];
      const destination = readRouteLine(text)?.destination;
      return { kind: "route", table: table === undefined ? undefined : Number(table), destination };
    }
    default:
      return undefined;
  }
}

/** An object with an id of ours: FRR has thousands of its own. */
function nexthopIn(text: string): KernelEvent | undefined {
  const id = Number(/^id (\d+) /.exec(text)?.[1]);
  return isOurId(id) ? { kind: "nexthop", table: tableOfId(id) } : undefined;
}

/**
 * The names that an interface may have which a line begins with: `3: NAME@PEER: ...`, or `3: NAME    inet ...`; and the
 * bridge that it is a port of: `3: NAME: ... master BRIDGE ...`.
 */
function devicesIn(text: string): string[] {
  const shown = /^\d+: ([^\s:]+)(?::|\s)/.exec(text)?.[1];
  if (shown === undefined) return [];
  const end = shown.lastIndexOf("@");
  const master = / master (\S+) /.exec(text)?.[1];
  return [shown, end > 0 ? shown.slice(0, end) : [], master ?? []].flat();
}

/** The network of an address; that of the other end of a point-to-point link. */
function networkIn(text: string): Cidr | undefined {
  const [, local, peer] = /^\d+: \S+ +inet6? (\S+)(?: peer (\S+))?/.exec(text) ?? [];
  return parseCidr(peer ?? local ?? "", FAMILIES);
}
