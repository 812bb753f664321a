import { type Address, addressRange, compareAddresses, formatAddress, stepsBetween } from "../../net/address.ts";
import { closest } from "../../text/closest.ts";
import { quote } from "../../text/escape.ts";
import { list } from "../../text/list.ts";
import { MOST_GATEWAYS } from "../limits.ts";
import { unlikeEnds } from "../members.ts";
import { allAddresses, type GatewayConfig } from "../model.ts";
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
    return addressesOf(gateway, findings).map((addresses) => foundGateway(gateway, addresses, names));
  });
  if (all.length > MOST_GATEWAYS) {
    findings.report(all[MOST_GATEWAYS]!.path, `[[gateway]]: ${all.length} gateways; ${MOST_GATEWAYS} is the most`);
  }
  return withoutDuplicates(all, findings);
}

type Addresses = Pick<GatewayConfig, "address" | "address6">;

function foundGateway({ path, values }: ReadGateway, addresses: Addresses, probes: readonly string[]): FoundGateway {
  const { name, drained, throughRequire } = values;
  return {
    ...{ ...addresses, path, probes: probes as [string, ...string[]], requirement: throughRequire! },
    ...(name !== undefined && { name }),
    ...(drained && { drained: true as const }),
  };
}

/** The addresses of the gateways of a table: of one, or of those of a range. */
function addressesOf(gateway: ReadGateway, findings: Findings): Addresses[] {
  const { title, path, values, given } = gateway;
  const { startIp, endIp } = values;
  const isRange = given.has("startIp") || given.has("endIp");
  if (given.has("address") === isRange) {
    const found = isRange ? "address beside a range" : "no address";
    findings.report(path, `${title}: ${found}; write either address, or start-ip and end-ip`);
  }
  if (given.has("address") || !isRange) return ownAddresses(gateway, findings);
  if (given.has("name")) {
    findings.report(
      [...path, "name"],
      `${title}: a range has no name; write a [[gateway]] with name and address for each of its gateways`,
    );
  }
  const lacking = (["startIp", "endIp"] as const).find((key) => !given.has(key));
  if (lacking) findings.report(path, `${title}: a range needs start-ip and end-ip; add the other one`);
  if (startIp === undefined || endIp === undefined) return [];
  return rangeOf(gateway, startIp, endIp, findings);
}

/** The addresses of one gateway, of which there is one in each family. */
function ownAddresses({ title, path, values, given }: ReadGateway, findings: Findings): Addresses[] {
  const found = (values.address ?? []).filter((one: Address | undefined) => one !== undefined);
  const at = [...path, "address"];
  if (values.address?.length === 0 && given.has("address"))
    findings.report(at, `${title} address: expected at least one`);
  const twice = found.find(({ family }, index) => found.findIndex((one) => one.family === family) < index);
  if (twice !== undefined) {
    const text = `${title} address: more than one is of IPv${twice.family}, and a gateway has one in each family; write a [[gateway]] for each`;
    findings.report(at, text);
  }
  const [address, address6] = found.toSorted(compareAddresses).map(formatAddress);
  return address === undefined ? [] : [{ address, ...(address6 !== undefined && { address6 }) }];
}

function rangeOf({ title, path }: ReadGateway, startIp: Address, endIp: Address, findings: Findings): Addresses[] {
  const [start, end] = [startIp, endIp].map(formatAddress);
  const steps = stepsBetween(startIp, endIp);
  const report = (key: string, text: string): [] => {
    findings.report([...path, key], `${title}${text}`);
    return [];
  };
  if (steps === undefined)
    return report("end-ip", ` start-ip ${start} and end-ip ${end}: ${unlikeEnds(startIp, endIp)}`);
  if (steps < 0n) return report("start-ip", ` start-ip ${start} is after end-ip ${end}; swap them`);
  if (steps >= MOST_GATEWAYS) return report("end-ip", `: ${steps + 1n} gateways; ${MOST_GATEWAYS} is the most`);
  return addressRange(startIp, endIp).map((address) => ({ address: formatAddress(address) }));
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
    const { name, path } = gateway;
    const own = allAddresses(gateway);
    const address = own.find((one) => addresses.has(one)) ?? gateway.address;
    const same = addresses.get(address);
    const namesake = name === undefined ? undefined : names.get(name);
    for (const one of own) addresses.set(one, addresses.get(one) ?? gateway);
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
