import { quote } from "../../text/escape.ts";
import { list } from "../../text/list.ts";
import type { Config, ExitCheckConfig, PoolConfig, ProbeConfig, PublicIpConfig, ServiceConfig } from "../model.ts";
import { looksUpThrough, SERVICE_KEYS } from "../model.ts";
import { poolProblems } from "../pool-problems.ts";
import { type Option, options, type OptionValues, variableOf } from "../options.ts";
import {
  findSource,
  type ParsedConfig,
  parseConfig,
  parseOption,
  readSecret,
  type Surroundings,
  unknownVariables,
} from "../parse.ts";
import { probePlaceRules, publicIpRules, tableRules } from "../rules.ts";
import { ddnsOf } from "./ddns.ts";
import { type Document, readDocument } from "./document.ts";
import { Collector } from "./findings.ts";
import { gatewaysOf } from "./gateways.ts";
import { suspectSpans } from "./hide-secrets.ts";
import type { Key } from "./keys.ts";
import { frame } from "./lines.ts";
import { poolsOf } from "./pools.ts";
import { probesOf } from "./probes.ts";
import { type Findings, fallbacksOf } from "./read.ts";
import { reportRules, whole } from "./report-rules.ts";
import { parseToml } from "./syntax.ts";
import { GATEWAY_PROBE, POOL, PUBLIC_IP, SERVICE } from "./tables.ts";

/** A configuration file. */
export interface ConfigFile {
  /** As -config gives it. */
  readonly path: string;
  readonly text: string;
}

type Flags = Readonly<Record<string, string>>;

/**
 * Turns a configuration file into a configuration. Flags and variables win where they mean the same as a key of [service];
 * there must be no others.
 */
export function parseConfigFile({ path, text }: ConfigFile, flags: Flags, surroundings: Surroundings): ParsedConfig {
  const problems = [...besideFile(path, flags, surroundings)];
  const syntax = parseToml(text);
  if (!syntax.ok) {
    return { ok: false, problems: [...problems, frame(path, text, syntax.at, syntax.detail, suspectSpans(text))] };
  }
  const collector = new Collector(path, text, syntax.places, secretReader(path, surroundings));
  const document = readDocument(syntax.root, collector);
  const service = serviceValues(document, flags, surroundings, problems);
  const config = configOf(document, service, path, collector);
  problems.push(...collector.problems);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config, warnings: unknownVariables(surroundings.environment) };
}

/** The settings of the service, as far as a file has them without a fault; the rest is that of flags alone. */
export function serviceOfFile({ path, text }: ConfigFile, flags: Flags, surroundings: Surroundings): ParsedConfig {
  const parsed = parseConfig(flags, surroundings);
  const syntax = parseToml(text);
  if (!parsed.ok || !syntax.ok) return parsed;
  const collector = new Collector(path, text, syntax.places, secretReader(path, surroundings));
  const values = serviceValues(readDocument(syntax.root, collector), flags, surroundings, []);
  const given = Object.fromEntries(
    Object.entries(pick(values, SERVICE_KEYS)).filter(([, value]) => value !== undefined),
  );
  return { ...parsed, config: { ...parsed.config, service: { ...parsed.config.service, ...given } } };
}

/** Flags and variables that cannot stand beside a file. */
export function* besideFile(path: string, flags: Flags, { environment }: Surroundings): Generator<string> {
  const names = (Object.entries(options) as [string, Option<unknown>][]).flatMap(([id, option]) => {
    if (id === "config" || id in SERVICE.keys) return [];
    const variables = [variableOf(option), ...(option.legacyVariable === undefined ? [] : [option.legacyVariable])];
    const all = option.secret ? variables.flatMap((name) => [name, `${name}_FILE`]) : variables;
    return [
      ...(flags[option.flag] === undefined ? [] : [`-${option.flag}`]),
      ...all.filter((name) => (environment[name] ?? "") !== ""),
    ];
  });
  if (names.length === 0) return;
  const them = names.length === 1 ? "it" : "them";
  yield `${list(names, names.length)} beside -config ${quote(path)}: gateways, probes and pools stand in the file alone; remove ${them}, or write the same into the file (gateway-route-manager help configuration-file)`;
}

/** Reads files of secrets, which are relative to the folder of the configuration file. */
function secretReader(path: string, { readFile }: Surroundings): Findings["readSecret"] {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return (name, file, { option }: Key) =>
    readSecret(name, file.startsWith("/") ? file : `${folder}${file}`, (one) => readFile(one, options[option!].flag));
}

type ServiceValues = Pick<OptionValues, keyof typeof SERVICE.keys>;

/** The values of [service], or of the flags and variables that win over them. */
function serviceValues(
  { service }: Document,
  flags: Flags,
  surroundings: Surroundings,
  problems: string[],
): Partial<ServiceValues> {
  const entries = (Object.keys(SERVICE.keys) as (keyof ServiceValues)[]).map((id) => {
    const option: Option<unknown> = options[id];
    try {
      const source = findSource(option, flags, surroundings);
      if (source) return [id, parseOption(option, source, problems)];
    } catch (error) {
      problems.push((error as Error).message);
    }
    const isTurnedOff = flags[option.flag] === "" && !option.secret;
    return [id, isTurnedOff ? undefined : service.values[id]];
  });
  return Object.fromEntries(entries) as Partial<ServiceValues>;
}

/** The configuration. Where something was reported, it is not to be used. */
function configOf(document: Document, service: Partial<ServiceValues>, path: string, findings: Findings): Config {
  const own = probesOf(document.probes, findings);
  const probes = document.probes.length === 0 ? [defaultProbe()] : own;
  const gateways = gatewaysOf(
    document.gateways,
    probes.map(({ name }) => name),
    findings,
  );
  const first = { table: service.firstRoutingTableId ?? 0, preference: service.firstRulePreference ?? 0 };
  const pools = document.pools.length === 0 ? [UNNAMED_POOL] : document.pools;
  const ddns = ddnsOf(document.ddns, pools, findings);
  const config: Config = {
    service: { ...pick(service, SERVICE_KEYS), config: path } as ServiceConfig,
    gateways: gateways.map(({ path: _, ...gateway }) => gateway),
    probes,
    probePlaces: {
      preference: service.probeRulePreference!,
      table: service.firstProbeTableId!,
      mark: service.probeMark!,
    },
    exitCheck: exitCheckOf(document),
    publicIp: whole(document.publicIp.values) satisfies PublicIpConfig,
    pools: poolsOf(pools, gateways, first, ddns, findings) as [PoolConfig, ...PoolConfig[]],
  };
  reportAcrossTables(document, service, config, findings);
  return config;
}

/** The pool of a file that has none: all gateways for all packets, as with flags. */
const UNNAMED_POOL: Document["pools"][number] = {
  ...{ title: POOL.title, path: ["pool"], given: new Set() },
  values: fallbacksOf(POOL.keys),
};

/** The probe of a file that has none, as with flags. */
function defaultProbe(): ProbeConfig {
  const values = whole(fallbacksOf(GATEWAY_PROBE.keys));
  const { scheme, port, path, checkPeriod: period, timeout, rise, fall } = values;
  return { kind: "gateway", name: scheme, scheme, port, path, period, fastPeriod: undefined, timeout, rise, fall };
}

function exitCheckOf({ exitCheck }: Document): ExitCheckConfig {
  const { exitCheck: urls, exitCheckPeriod: period, throughTimeout: timeout } = whole(exitCheck.values);
  return { urls, period, timeout };
}

/** Reports values of one table that contradict those of others. */
function reportAcrossTables(
  document: Document,
  service: Partial<ServiceValues>,
  config: Config,
  findings: Findings,
): void {
  const { publicIp } = document;
  reportRules(publicIp, PUBLIC_IP, findings, (name) =>
    publicIpRules(publicIp.values, (key) => !publicIp.given.has(key), name),
  );
  reportRules(document.service, SERVICE, findings, function* (name) {
    yield* tableRules(service, name);
    if (!usesProbePlaces(document, config)) return;
    const [{ table, preference }, ...others] = config.pools;
    const { firstRulePreference: _, ...rest } = service;
    if (others.length > 0) yield* probePlaceRules(rest, [], name);
    else yield* probePlaceRules({ ...rest, firstRulePreference: preference }, [table], name);
  });
  reportPoolsBesideOthers(document, config, findings);
  reportGatewaysAsTargets(document, config, findings);
}

/** Reports what keeps several pools from working beside each other. */
function reportPoolsBesideOthers({ pools }: Document, config: Config, findings: Findings): void {
  if (pools.length < 2 || config.pools.some(({ name }) => name === undefined)) return;
  for (const { pool, key, detail, remedy } of poolProblems(config)) {
    findings.report([...pools[pool]!.path, key ?? ""], `${detail}; ${remedy}`);
  }
}

function usesProbePlaces({ exitCheck }: Document, config: Config): boolean {
  return (
    (exitCheck.values.exitCheck ?? []).length > 0 ||
    looksUpThrough(config) ||
    config.probes.some(({ kind }) => kind === "beyond")
  );
}

/** Targets beyond the gateways that are gateways themselves. */
function reportGatewaysAsTargets({ probes }: Document, { gateways, probes: made }: Config, findings: Findings): void {
  const addresses = new Set(gateways.map(({ address }) => address));
  for (const [index, probe] of made.entries()) {
    if (probe.kind !== "beyond") continue;
    const { path, title, values } = probes[index]! as Extract<Document["probes"][number], { kind: "beyond" }>;
    for (const [text, target] of probe.targets) {
      const host = target.kind === "url" ? new URL(target.url).hostname : target.address;
      if (!addresses.has(host)) continue;
      findings.report(
        [...path, "targets", values.targets!.indexOf(text)],
        `${title} targets ${quote(text)}: it is one of the gateways, and shows nothing of what is beyond them; choose another`,
      );
    }
  }
}

function pick<K extends string>(values: Partial<Record<K, unknown>>, keys: readonly K[]): Partial<Record<K, unknown>> {
  return Object.fromEntries(keys.map((key) => [key, values[key]])) as Partial<Record<K, unknown>>;
}
