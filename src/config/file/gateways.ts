import { type Address, addressRange, formatAddress, rangeSize } from "../../net/address.ts";
import { closest } from "../../text/closest.ts";
import { quote } from "../../text/escape.ts";
import { list } from "../../text/list.ts";
import { MOST_GATEWAYS } from "../limits.ts";
import type { GatewayConfig } from "../model.ts";
import type { Document } from "./document.ts";
import type { Findings } from "./read.ts";
import type { Path } from "./scan.ts";

type ReadGateway = Document["gateways"][number];

/** A gateway, and where it is given. */
export interface FoundGateway extends GatewayConfig {
  readonly path: Path;
}

/** The gateways of a file. @param probes names of all probes */
export function gatewaysOf(
  read: readonly ReadGateway[],
  probes: readonly string[],
  findings: Findings,
): FoundGateway[] {
  const all = read.flatMap((gateway) => {
    const names = probeNames(gateway, probes, findings);
    return addressesOf(gateway, findings).map((address) => foundGateway(gateway, formatAddress(address), names));
  });
  if (all.length > MOST_GATEWAYS) {
    findings.report(all[MOST_GATEWAYS]!.path, `[[gateway]]: ${all.length} gateways; ${MOST_GATEWAYS} is the most`);
  }
  return withoutDuplicates(all, findings);
}

function foundGateway({ path, values }: ReadGateway, address: string, probes: readonly string[]): FoundGateway {
  const { name, drained, throughRequire } = values;
  return {
    ...{ address, path, probes: probes as [string, ...string[]], requirement: throughRequire! },
    ...(name !== undefined && { name }),
    ...(drained && { drained: true as const }),
  };
}

/** The addresses of a table: one, or a range. */
function addressesOf({ title, path, values, given }: ReadGateway, findings: Findings): Address[] {
  const { address, startIp, endIp } = values;
  const isRange = given.has("startIp") || given.has("endIp");
  if (given.has("address") === isRange) {
    const found = isRange ? "address beside a range" : "no address";
    findings.report(path, `${title}: ${found}; write either address, or start-ip and end-ip`);
  }
  if (address !== undefined) return [address];
  if (!isRange) return [];
  if (given.has("name")) {
    findings.report(
      [...path, "name"],
      `${title}: a range has no name; write a [[gateway]] with name and address for each of its gateways`,
    );
  }
  const lacking = (["startIp", "endIp"] as const).find((key) => !given.has(key));
  if (lacking) findings.report(path, `${title}: a range needs start-ip and end-ip; add the other one`);
  if (startIp === undefined || endIp === undefined) return [];
  const size = rangeSize(startIp, endIp);
  if (size < 1)
    findings.report(
      [...path, "start-ip"],
      `${title} start-ip ${formatAddress(startIp)} is after end-ip ${formatAddress(endIp)}; swap them`,
    );
  if (size > MOST_GATEWAYS)
    findings.report([...path, "end-ip"], `${title}: ${size} gateways; ${MOST_GATEWAYS} is the most`);
  return size > MOST_GATEWAYS ? [] : addressRange(startIp, endIp);
}

/** The names of what probes a gateway: all probes where none is named. */
function probeNames(
  { title, path, values }: ReadGateway,
  probes: readonly string[],
  findings: Findings,
): readonly string[] {
  const { probes: named } = values;
  if (named === undefined) return probes;
  if (named.length === 0)
    findings.report([...path, "probes"], `${title} probes: expected at least one; without this key, all probes apply`);
  for (const [index, name] of named.entries()) {
    if (name === undefined) continue; // reported already
    const at = [...path, "probes", index];
    if (!probes.includes(name))
      findings.report(at, `${title} probes ${quote(name)}: there is no [probe.${name}]; ${meantBy(name, probes)}`);
    else if (named.indexOf(name) < index)
      findings.report(at, `${title} probes ${quote(name)}: given twice; remove one`);
  }
  return named;
}

/** What a name that refers to nothing most likely meant. */
export function meantBy(name: string, names: readonly string[]): string {
  const meant = closest(name, names);
  if (meant !== undefined) return `did you mean ${quote(meant)}?`;
  return names.length === 0 ? "there are none" : `known are ${list(names.map(quote), 10)}`;
}

function withoutDuplicates(all: readonly FoundGateway[], findings: Findings): FoundGateway[] {
  const addresses = new Map<string, FoundGateway>();
  const names = new Map<string, FoundGateway>();
  return all.filter((gateway) => {
    const { address, name, path } = gateway;
    const same = addresses.get(address);
    const namesake = name === undefined ? undefined : names.get(name);
    addresses.set(address, same ?? gateway);
    if (name !== undefined) names.set(name, namesake ?? gateway);
    if (same) {
      findings.report(
        [...path, "address"],
        `[[gateway]] ${address} is already given in line ${findings.lineOf(same.path)}; remove one of the two`,
      );
    } else if (namesake) {
      const line = findings.lineOf([...namesake.path, "name"]);
      findings.report(
        [...path, "name"],
        `[[gateway]] name ${quote(name!)}: already the name of the gateway in line ${line}; rename one of the two`,
      );
    }
    return !same;
  });
}
