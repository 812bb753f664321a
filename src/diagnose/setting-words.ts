import type { ServiceConfig } from "../config/model.ts";
import { FLAG_NAMES, type SettingNames, settingNames } from "../config/setting-name.ts";
import { type Cidr, formatCidr } from "../net/cidr.ts";

/** How people give the settings of a pool: by flags, or by keys of a file. */
export interface SettingWords extends SettingNames {
  readonly table: string;
  readonly preference: string;
  /** The preference with a value. */
  setPreference(value: number): string;
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
  setPreference: (value) => `set -first-rule-preference ${value}`,
  exclude: (networks) => networks.map((one) => `-exclude-cidr ${formatCidr(one)}`).join(" "),
  route: (destination) => `-route ${formatCidr(destination)}`,
  removeRoute: "remove that -route",
};

const KEY_WORDS: Omit<SettingWords, keyof SettingNames> = {
  table: "table",
  preference: "preference",
  setPreference: (value) => `set preference = ${value}`,
  exclude: (networks) => `exclude = [${networks.map((one) => `"${formatCidr(one)}"`).join(", ")}]`,
  route: (destination) => `entry ${formatCidr(destination)} of routes`,
  removeRoute: "remove that entry of routes",
};

/** Those of a configuration. */
export function settingWords(service: Pick<ServiceConfig, "config">): SettingWords {
  return service.config === undefined ? FLAG_WORDS : { ...settingNames(service), ...KEY_WORDS };
}
