import type { Finding } from "../../../src/diagnose/finding.ts";
import { FAMILIES } from "../../../src/net/address.ts";
import { type Cidr, parseCidr } from "../../../src/net/cidr.ts";
import { RESERVED_CIDRS } from "../../../src/net/reserved.ts";
import { type Destinations, desiredState } from "../../../src/routing/desired.ts";
import { parsePolicyRules } from "../../../src/routing/iproute2/policy-rules.ts";
import type { PolicyRule, RuleJson } from "../../../src/routing/policy-rule.ts";
import { type ObservedRoute, PROTOCOL, type Route } from "../../../src/routing/types.ts";

export const TABLE_REF = { table: 180, preference: 10888 };

const cidrs = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text)!);

/** The routes of the service for two gateways in 10.77.0.0/24, with everything managed that is not reserved. */
export function wantedRoutes(changes: Partial<Destinations> = {}): readonly Route[] {
  const destinations = {
    managed: cidrs("0.0.0.0/0"),
    excluded: [],
    reserved: RESERVED_CIDRS,
    gateways: cidrs("10.77.0.11/32", "10.77.0.12/32"),
    ...changes,
  };
  const nexthops = [
    { gateway: "10.77.0.11", weight: 1 },
    { gateway: "10.77.0.12", weight: 1 },
  ];
  return desiredState(destinations, cidrs("10.77.0.0/24"), nexthops, TABLE_REF).routes;
}

/** Rules as `ip` lists them, with those that every kernel has from the start. */
export function rulesWith(...rules: Partial<RuleJson>[]): PolicyRule[] {
  const list = [
    { priority: 0, src: "all", table: "255", protocol: "2" },
    ...rules.map((rule) => ({ src: "all", protocol: "0", ...rule })),
    { priority: 32766, src: "all", table: "254", protocol: "2" },
    { priority: 32767, src: "all", table: "253", protocol: "2" },
  ];
  return parsePolicyRules(JSON.stringify(list));
}

/** Our own rule. */
export const OWN_RULE = { priority: 10888, table: "180", protocol: String(PROTOCOL) };

/** A route of any table. */
export function routeTo(destination: string, table: number, changes: Partial<ObservedRoute> = {}): ObservedRoute {
  const nexthops = [{ gateway: "10.88.0.1", weight: 1 }];
  const network = parseCidr(destination, FAMILIES)!;
  return {
    family: network.address.family,
    type: "unicast",
    destination: network,
    metric: 0,
    protocol: 4,
    nexthops,
    table,
    ...changes,
  };
}

/** Level, topic and message of each finding. */
export function textsOf(findings: readonly Finding[]): string[] {
  return findings.map(({ level, topic, message }) => `${level} ${topic}: ${message}`);
}
