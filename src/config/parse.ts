import { type Cidr, contains, formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { addressRange, formatAddress, rangeSize } from "../net/address.ts";
import { exemptions, KILL_SWITCH_SPAN, MOST_EXEMPTIONS, rejectTypeOf } from "../routing/kill-switch.ts";
import { LAST_PREFERENCE, SYSTEM_TABLES } from "../routing/tables.ts";
import type { TableRef } from "../routing/types.ts";
import { looksSecret } from "./arguments.ts";
import { type Option, optionList, options, type OptionValues, variableOf } from "./options.ts";
import { escapeControls, quote } from "../text/escape.ts";
import { headerText } from "./values.ts";

/** Most gateways in a range: `ip route show` hides a table that holds a route of more than about 230 nexthops, and a
 * route of 160 is the largest that leaves room for every way the slots can be refilled. */
const MOST_GATEWAYS = 160;

/** Options that concern the process as a whole; all others belong to a pool. */
const SERVICE_KEYS = [
  "onExit",
  "onChange",
  "webhookUrl",
  "hookTimeout",
  "metricsPort",
  "metricsAddress",
  "httpPassword",
  "statusPage",
  "logLevel",
  "logFormat",
] as const satisfies readonly (keyof OptionValues)[];

type ServiceKey = (typeof SERVICE_KEYS)[number];

/** The settings of the process, whatever its pools. Durations are milliseconds. */
export type ServiceConfig = Pick<OptionValues, ServiceKey>;

/** The settings of one pool of gateways. Durations are milliseconds. */
export interface PoolConfig extends Omit<OptionValues, ServiceKey> {
  /** Left out where there is one pool only: then nothing that people or programs read names it. */
  readonly name?: string;
  /** Addresses of the gateways in ascending order. */
  readonly gateways: readonly string[];
}

/** All settings, checked. The flags mean exactly one pool, without a name. */
export interface Config {
  readonly service: ServiceConfig;
  readonly pools: readonly [PoolConfig, ...PoolConfig[]];
}

/** Where a pool keeps its routes, and the preference of the rule that leads there. */
export function tableRefOf({ firstRoutingTableId, firstRulePreference }: PoolConfig): TableRef {
  return { table: firstRoutingTableId, preference: firstRulePreference };
}

/** A configuration, or every reason why there is none. Warnings never stop the start. */
export type ParsedConfig =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Where option texts come from, besides the command line. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Reads the file of the secret that a flag names; throws with a readable message when it cannot. Undefined leaves the
   * secret out: a command that does not need it may run without the right to read it.
   */
  readonly readFile: (path: string, flag: string) => string | undefined;
  /** Checks what is given and calls nothing missing: the rest may come from elsewhere. */
  readonly partial?: true;
}

interface Source {
  /** How the user gave it, for messages: `-port` or `GRM_PORT`. */
  readonly name: string;
  readonly text: string;
}

/**
 * Turns option texts into a configuration. A flag wins over `GRM_...`, that over `GRM_..._FILE`, that over a variable
 * of the earlier program, that over the default. An empty variable counts as not given.
 */
export function parseConfig(flags: Readonly<Record<string, string>>, surroundings: Surroundings): ParsedConfig {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const faulty = new Set<string>();
  for (const [key, option] of Object.entries(options) as [string, Option<unknown>][]) {
    const before = problems.length;
    try {
      const source = findSource(option, flags, surroundings);
      const absent = surroundings.partial && source === undefined && option.required;
      values[key] = absent ? undefined : parseOption(option, source, problems);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
    if (problems.length > before) faulty.add(key);
  }
  const parsed = values as unknown as OptionValues;
  problems.push(...contradictions(parsed, faulty, surroundings.partial));
  if (problems.length > 0) return { ok: false, problems };
  const gateways = surroundings.partial ? [] : listGateways(parsed);
  const warnings = [
    ...unknownVariables(surroundings.environment),
    ...uselessRoutes(parsed),
    ...calmDoubts(parsed),
    ...ddnsDoubts(parsed, gateways.length),
  ];
  return { ok: true, config: splitValues(parsed, gateways), warnings };
}

/** Parts the values of the service from those of its one pool. */
function splitValues(values: OptionValues, gateways: readonly string[]): Config {
  const entries = Object.entries(values);
  const isService = ([key]: [string, unknown]): boolean => (SERVICE_KEYS as readonly string[]).includes(key);
  const service = Object.fromEntries(entries.filter(isService)) as unknown as ServiceConfig;
  const pool = Object.fromEntries(entries.filter((entry) => !isService(entry))) as unknown as Omit<
    PoolConfig,
    "gateways"
  >;
  return { service, pools: [{ ...pool, gateways }] };
}

function findSource(
  option: Option<unknown>,
  flags: Readonly<Record<string, string>>,
  { environment, readFile }: Surroundings,
): Source | undefined {
  const flag = flags[option.flag];
  // An empty flag switches an optional text off, as in Go, where an empty password falls back to the environment all the
  // same. Anywhere else it is a bad value and judged as one.
  const off = flag === "" && !option.required && option.fallback === undefined;
  if (off && !option.secret) return undefined;
  if (flag !== undefined && !off) return { name: `-${option.flag}`, text: flag };
  for (const name of [variableOf(option), option.legacyVariable]) {
    const text = name && environment[name];
    if (text) return { name, text };
    const path = option.secret && environment[`${name}_FILE`];
    const secret = path && readSecret(`${name}_FILE`, path, (file) => readFile(file, option.flag));
    if (secret) return { name: `${name}_FILE`, text: secret };
  }
  return undefined;
}

/** A secret's file without the line break that editors and `echo` leave at its end. */
function readSecret(
  variable: string,
  path: string,
  readFile: (path: string) => string | undefined,
): string | undefined {
  let text: string | undefined;
  try {
    text = readFile(path)?.replace(/\r?\n$/, "");
  } catch (error) {
    throw new Error(`${variable} ${quote(path)}: cannot be read (${escapeControls((error as Error).message)})`, {
      cause: error,
    });
  }
  if (text === "") throw new Error(`${variable} ${quote(path)}: the file is empty; write the secret into it`);
  return text;
}

function parseOption(option: Option<unknown>, source: Source | undefined, problems: string[]): unknown {
  if (!source && option.required) {
    problems.push(`-${option.flag} is required: ${option.help} (or set ${variableOf(option)})`);
    return undefined;
  }
  const name = source?.name ?? `-${option.flag}`;
  const text = source?.text ?? option.fallback;
  if (text === undefined) return undefined;
  const show = (one: string): string => {
    if (option.secret) return "(not shown)";
    // A flag that lacks its value takes the next word, which may be the flag of a secret and hold that as well.
    return /(^|,)\s*[-\u2010-\u2015]/.test(text) && looksSecret(text)
      ? "(not shown, it may hold a secret)"
      : quote(option.type.show?.(one) ?? one);
  };
  const parseOne = (one: string): unknown => {
    const parsed = option.type.parse(one);
    if (parsed.ok) return parsed.value;
    problems.push(`${name} ${show(one)}: expected ${parsed.expected}`);
    return undefined;
  };
  if (!option.repeatable) return parseOne(text);
  return source === undefined && text === "" ? [] : text.split(",").map((one) => parseOne(one.trim()));
}

/**
 * Faults that only show when options are held against each other. The value of an option that is faulty itself is
 * undefined here; it is not called missing as well.
 */
function* contradictions(
  values: Partial<OptionValues>,
  faulty: ReadonlySet<string>,
  partial = false,
): Generator<string> {
  const lacks = (key: keyof OptionValues): boolean => !partial && values[key] === undefined && !faulty.has(key);
  const has = (key: keyof OptionValues): boolean => values[key] !== undefined;
  const { startIp, endIp, timeout, checkPeriod, fastCheckPeriod, firstRoutingTableId, ddnsProvider } = values;
  const { route, excludeCidr } = values;
  if (startIp !== undefined && endIp !== undefined) {
    const range = `-start-ip ${formatAddress(startIp)} -end-ip ${formatAddress(endIp)}`;
    const size = rangeSize(startIp, endIp);
    if (size < 1) yield `${range}: the start is after the end; swap them`;
    if (size > MOST_GATEWAYS) {
      yield `${range}: ${size} gateways, but one route holds at most ${MOST_GATEWAYS} (iproute2 cannot list larger ones); narrow the range`;
    }
  }
  if (startIp !== undefined && endIp !== undefined && values.minHealthy !== undefined) {
    const size = rangeSize(startIp, endIp);
    if (size > 0 && values.minHealthy > size) {
      yield `-min-healthy ${values.minHealthy}: the range has only ${size} ${size === 1 ? "gateway" : "gateways"}; lower it`;
    }
  }
  if (timeout !== undefined && checkPeriod !== undefined && timeout > checkPeriod) {
    const longer = formatDuration(timeout);
    yield `-timeout ${longer} is longer than -check-period ${formatDuration(checkPeriod)}: a probe must end before the next one starts; raise -check-period to ${longer} or lower -timeout`;
  }
  if (fastCheckPeriod !== undefined && checkPeriod !== undefined && fastCheckPeriod > checkPeriod) {
    const slower = formatDuration(fastCheckPeriod);
    yield `-fast-check-period ${slower} is longer than -check-period ${formatDuration(checkPeriod)}: it is for more frequent probes; lower it or raise -check-period to ${slower}`;
  }
  if (firstRoutingTableId !== undefined && (firstRoutingTableId === 0 || SYSTEM_TABLES.has(firstRoutingTableId))) {
    yield `-first-routing-table-id ${firstRoutingTableId}: the kernel uses this table itself; choose another, such as 180`;
  }
  const { whenNoGateways, firstRulePreference } = values;
  const rejects = whenNoGateways !== undefined && rejectTypeOf(whenNoGateways) !== undefined;
  if (rejects && firstRulePreference !== undefined && firstRulePreference > LAST_PREFERENCE - KILL_SWITCH_SPAN + 1) {
    yield `-first-rule-preference ${firstRulePreference}: -when-no-gateways ${whenNoGateways} also uses the three preferences after it, and ${LAST_PREFERENCE} is the last; choose one up to ${LAST_PREFERENCE - KILL_SWITCH_SPAN + 1}`;
  }
  if (rejects && route && excludeCidr) {
    const isWhole = (one: Cidr | undefined): one is Cidr => one !== undefined;
    const count = exemptions(route.filter(isWhole), excludeCidr.filter(isWhole)).length;
    if (count > MOST_EXEMPTIONS) {
      yield `-exclude-cidr with -when-no-gateways ${whenNoGateways}: ${count} networks, but the kill switch has a rule for each, with which packets to them are compared one by one, and ${MOST_EXEMPTIONS} is the most; join neighbouring networks, or let packets to them bypass the gateways by a mark (gateway-route-manager help exclusions)`;
    }
  }
  const pair = ["publicIpServiceUsername", "publicIpServicePassword"] as const;
  if (pair.some(has) && pair.some(lacks)) {
    yield "-public-ip-service-username and -public-ip-service-password need each other: set both or neither";
  }
  if (values.publicIpServiceUsername?.includes(":")) {
    const shown = quote(values.publicIpServiceUsername);
    yield `-public-ip-service-username ${shown}: basic authentication allows no colon in a user name; remove it`;
  }
  if (ddnsProvider !== undefined) {
    if (lacks("ddnsPassword")) {
      yield `-ddns-provider ${ddnsProvider} needs -ddns-password (or GRM_DDNS_PASSWORD, GRM_DDNS_PASSWORD_FILE, DDNS_PASSWORD)`;
    }
    if (values.ddnsPassword !== undefined && !headerText.parse(values.ddnsPassword).ok) {
      yield `-ddns-password (not shown): expected an API key of ${ddnsProvider}: ASCII characters without spaces around them`;
    }
    if (lacks("ddnsHostname")) yield `-ddns-provider ${ddnsProvider} needs -ddns-hostname`;
  }
  if (route && excludeCidr && route.every((one) => coveredBy(one, excludeCidr))) {
    yield `-exclude-cidr covers every -route (${route.filter(Boolean).map(formatCidr).join(", ")}): no destination is left to route; narrow -exclude-cidr`;
  }
}

/** The exclusion that holds all of a destination, if one does. Faulty entries of either list are undefined. */
function coveredBy(destination: Cidr | undefined, exclusions: readonly (Cidr | undefined)[]): Cidr | undefined {
  return destination && exclusions.find((exclusion) => exclusion && contains(exclusion, destination));
}

function uselessRoutes({ route, excludeCidr }: OptionValues): string[] {
  return route.flatMap((destination) => {
    const exclusion = coveredBy(destination, excludeCidr);
    return exclusion
      ? [`-route ${formatCidr(destination)} has no effect: -exclude-cidr ${formatCidr(exclusion)} covers it`]
      : [];
  });
}

function* calmDoubts(values: OptionValues): Generator<string> {
  const { checkPeriod, fastCheckPeriod, rise, fall, flapHold, minHealthy, minHealthyPolicy } = values;
  if (fastCheckPeriod !== undefined && rise === 1 && fall === 1) {
    yield "-fast-check-period has no effect while -rise and -fall are 1: a single probe changes the state then";
  }
  if (flapHold > 0 && flapHold < checkPeriod) {
    yield `-flap-hold ${formatDuration(flapHold)} is shorter than -check-period ${formatDuration(checkPeriod)}: such a hold ends before the next probe; raise it to several periods`;
  }
  if (minHealthyPolicy !== "keep" && minHealthy === 0) yield "-min-healthy-policy has no effect without -min-healthy";
}

function* ddnsDoubts(values: OptionValues, gateways: number): Generator<string> {
  const { ddnsProvider, ddnsHostname, ddnsApiUrl, publicIpServiceHostname: service } = values;
  if (ddnsProvider === undefined && ddnsHostname !== undefined) {
    yield "-ddns-hostname has no effect without -ddns-provider";
  }
  if (ddnsProvider !== undefined && ddnsApiUrl?.startsWith("http:")) {
    yield `-ddns-api-url ${quote(ddnsApiUrl)}: http sends the API key unencrypted; use https`;
  }
  if (ddnsProvider !== undefined && service !== undefined && gateways > 1) {
    yield `-public-ip-service-hostname ${service} with ${gateways} gateways: every look-up takes the usual routes, so the service reports the address of whichever gateway carries that connection, and the records will be wrong and change; leave the flag out, so that each gateway is asked for its own address`;
  }
}

/** A misspelt variable would otherwise be ignored in silence. Orchestrators inject names of their own, so only a warning. */
function unknownVariables(environment: Surroundings["environment"]): string[] {
  const known = new Set(
    optionList.flatMap((option) => [variableOf(option), ...(option.secret ? [`${variableOf(option)}_FILE`] : [])]),
  );
  return Object.keys(environment)
    .filter((name) => name.startsWith("GRM_") && !known.has(name))
    .sort()
    .map(
      (name) =>
        `environment variable ${escapeControls(name)} matches no flag and is ignored; see help flags for all variables`,
    );
}

function listGateways({ startIp, endIp }: OptionValues): string[] {
  return addressRange(startIp, endIp).map(formatAddress);
}
