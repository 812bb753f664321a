import type { ServiceConfig } from "../config/model.ts";
import { FLAG_NAMES, type SettingNames, settingNames } from "../config/setting-name.ts";
import type { Move } from "./free-preferences.ts";
import { type Cidr, formatCidr } from "../net/cidr.ts";

/** How people give the settings of a pool: by flags, or by keys of a file. */
export interface SettingWords extends SettingNames {
  readonly table: string;
  readonly preference: string;
  /** Other preferences for the rules of pools, and for those of probes. */
  setPreferences(moves: readonly Move[]): string;
  /** Exclusions of these networks. */
  exclude(networks: readonly Cidr[]): string;
  /** One of the destinations. */
  route(destination: Cidr): string;
  readonly removeRoute: string;
}

export const FLAG_WORDS: SettingWords = {
  ...FLAG_NAMES,
  table: "-first-routing-table-id",
  preference: "-first-rule-preference",
  setPreferences(moves) {
    const flags = { probes: "-probe-rule-preference", pool: "-first-rule-preference" };
    return `set ${moves.map(({ rules: { kind }, to }) => `${flags[kind]} ${to}`).join(" ")}`;
  },
  exclude: (networks) => networks.map((one) => `-exclude-cidr ${formatCidr(one)}`).join(" "),
  route: (destination) => `-route ${formatCidr(destination)}`,
  removeRoute: "remove that -route",
};

const KEY_WORDS: Omit<SettingWords, keyof SettingNames> = {
  table: "table",
  preference: "preference",
  setPreferences: (moves) => `set ${moves.map(inFile).join(" and ")}`,
  exclude: (networks) => `exclude = [${networks.map((one) => `"${formatCidr(one)}"`).join(", ")}]`,
  route: (destination) => `entry ${formatCidr(destination)} of routes`,
  removeRoute: "remove that entry of routes",
};

function inFile({ rules: { kind, name }, to }: Move): string {
  if (kind === "probes") return `probe-rule-preference = ${to} of [service]`;
  return `preference = ${to}${name === undefined ? "" : ` of pool ${name}`}`;
}

/** Those of a configuration. */
export function settingWords(service: Pick<ServiceConfig, "config">): SettingWords {
  return service.config === undefined ? FLAG_WORDS : { ...settingNames(service), ...KEY_WORDS };
}
