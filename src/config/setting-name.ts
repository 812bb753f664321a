import type { ServiceConfig } from "./model.ts";
import { options, type OptionValues } from "./options.ts";

type Option = keyof OptionValues;

/** What people call settings, by the options that mean the same. */
export interface SettingNames {
  /** One of them. */
  nameOf(option: Option): string;
  /** What it turns on: the flag, or the table of its key. */
  featureOf(option: Option): string;
  /** Some of them with values, in one place. */
  withValues(values: readonly (readonly [option: Option, value: string | number])[]): string;
}

/** Of those that flags give. */
export const FLAG_NAMES: SettingNames = {
  nameOf,
  featureOf: nameOf,
  withValues: (values) => values.map(([option, value]) => `${nameOf(option)} ${value}`).join(" "),
};

function nameOf(option: Option): string {
  return `-${options[option].flag}`;
}

/** The key of an option in a file, and its table where that is not a pool or a probe. */
export const KEY_NAMES: Readonly<Partial<Record<Option, readonly [key: string, table?: string]>>> = {
  through: ["targets"],
  throughText: ["text"],
  excludeCidr: ["exclude"],
  exitCheck: ["services", "[exit-check]"],
  takeOver: ["take-over", "[service]"],
  firstProbeTableId: ["first-probe-table-id", "[service]"],
  probeRulePreference: ["probe-rule-preference", "[service]"],
  probeMark: ["probe-mark", "[service]"],
  hashSeed: ["hash-seed", "[service]"],
  onExit: ["on-exit", "[service]"],
  ddnsRequireIpAddress: ["require-ip-address", "[[ddns]]"],
  ddnsApiUrl: ["api-url", "[[ddns]]"],
  publicIpServiceHostname: ["service-hostname", "[public-ip]"],
  publicIpServicePort: ["service-port", "[public-ip]"],
  publicIpServiceScheme: ["service-scheme", "[public-ip]"],
  publicIpServicePath: ["service-path", "[public-ip]"],
  publicIpAllowPrivate: ["allow-private", "[public-ip]"],
};

const IN_FILE: SettingNames = {
  nameOf(option) {
    const [key, table] = keyOf(option);
    return table === undefined ? key : `${key} of ${table}`;
  },
  featureOf(option) {
    const [key, table = key] = keyOf(option);
    return table;
  },
  withValues(values) {
    const pairs = values.map(([option, value]) => `${keyOf(option)[0]} = ${JSON.stringify(value)}`);
    const [, table] = keyOf(values[0]![0]);
    return `${pairs.join(", ")}${table === undefined ? "" : ` in ${table}`}`;
  },
};

function keyOf(option: Option): readonly [key: string, table?: string] {
  return KEY_NAMES[option] ?? [options[option].flag];
}

/** Those of a configuration. */
export function settingNames({ config }: Pick<ServiceConfig, "config">): SettingNames {
  return config === undefined ? FLAG_NAMES : IN_FILE;
}
