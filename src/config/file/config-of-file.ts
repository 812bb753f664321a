import {
  type Config,
  type ExitCheckConfig,
  type PoolConfig,
  type ProbeConfig,
  type PublicIpConfig,
  SERVICE_KEYS,
  type ServiceConfig,
} from "../model.ts";
import { options } from "../options.ts";
import { type ParsedConfig, parseConfig, readSecret, type Surroundings, environmentWarnings } from "../parse.ts";
import { assignPlaces, type PlacePools } from "../pool-places.ts";
import { reportTargetFamilies } from "./target-families.ts";
import { reportAcrossTables } from "./across-tables.ts";
import { dnsNamesOf } from "./ddns.ts";
import { type Document, readDocument } from "./document.ts";
import { Collector } from "./findings.ts";
import { type FoundGateway, gatewaysOf } from "./gateways.ts";
import { suspectSpans } from "./hide-secrets.ts";
import type { Key } from "./keys.ts";
import { frame } from "./lines.ts";
import { poolsOf } from "./pools.ts";
import { probesOf } from "./probes.ts";
import { type Findings, fallbacksOf } from "./read.ts";
import { whole } from "./report-rules.ts";
import { parseService } from "./service-table.ts";
import { besideFile, type Flags, type ServiceValues, serviceValues } from "./service-values.ts";
import { parseToml } from "./syntax.ts";
import { GATEWAY_PROBE, POOL } from "./tables.ts";
import { warnOf } from "./warnings.ts";

/** A configuration file. */
export interface ConfigFile {
  /** As -config gives it. */
  readonly path: string;
  readonly text: string;
}

/**
 * Turns a configuration file into a configuration. Flags and variables win where they mean the same as a key of [service];
 * there must be no others.
 */
export function parseConfigFile({ path, text }: ConfigFile, flags: Flags, surroundings: Surroundings): ParsedConfig {
  const ofFlags = [...besideFile(path, flags, surroundings)];
  const syntax = parseToml(text);
  if (!syntax.ok) return faulty(ofFlags, [frame(path, text, syntax.at, syntax.detail, suspectSpans(text))]);
  const collector = new Collector(path, text, syntax.places, secretReader(path, surroundings));
  const document = readDocument(syntax.root, collector);
  const service = serviceValues(document, flags, surroundings, ofFlags);
  const { placesOf = assignPlaces } = surroundings;
  const { config, gateways } = configOf(document, service, { path, placesOf }, collector);
  const { problems } = collector;
  if (ofFlags.length > 0 || problems.length > 0) return faulty(ofFlags, problems);
  warnOf(document, config, gateways, collector);
  return { ok: true, config, warnings: [...environmentWarnings(surroundings.environment), ...collector.warnings] };
}

function faulty(ofFlags: readonly string[], ofFile: readonly string[]): ParsedConfig {
  return { ok: false, problems: [...ofFlags, ...ofFile], inFile: ofFlags.length === 0 };
}

/** The settings of the service, as far as a file has them without a fault; the rest is that of flags alone. */
export function serviceOfFile({ path, text }: ConfigFile, flags: Flags, surroundings: Surroundings): ParsedConfig {
  const parsed = parseConfig(flags, surroundings);
  const syntax = parseService(text);
  if (!parsed.ok || !syntax.ok) return parsed;
  const collector = new Collector(path, text, syntax.places, secretReader(path, surroundings));
  const values = serviceValues(readDocument(syntax.root, collector), flags, surroundings, []);
  const given = Object.fromEntries(
    Object.entries(pick(values, SERVICE_KEYS)).filter(([, value]) => value !== undefined),
  );
  return { ...parsed, config: { ...parsed.config, service: { ...parsed.config.service, ...given } } };
}

/** Reads files of secrets, which are relative to the folder of the configuration file. */
function secretReader(path: string, { readFile }: Surroundings): Findings["readSecret"] {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return (name, file, { option }: Key) =>
    readSecret(name, file.startsWith("/") ? file : `${folder}${file}`, (one) => readFile(one, options[option!].flag));
}

/** The configuration. Where something was reported, it is not to be used. */
function configOf(
  document: Document,
  service: Partial<ServiceValues>,
  { path, placesOf }: { readonly path: string; readonly placesOf: PlacePools },
  findings: Findings,
): { readonly config: Config; readonly gateways: readonly FoundGateway[] } {
  const own = probesOf(document.probes, findings);
  const probes = document.probes.length === 0 ? [defaultProbe()] : own;
  const gateways = gatewaysOf(
    document.gateways,
    probes.map(({ name }) => name),
    findings,
  );
  const first = { table: service.firstRoutingTableId ?? 0, preference: service.firstRulePreference ?? 0 };
  const pools = document.pools.length === 0 ? [UNNAMED_POOL] : document.pools;
  const dnsNames = dnsNamesOf(document.ddns, pools, findings);
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
    pools: poolsOf(pools, gateways, { first, placesOf }, dnsNames, findings) as [PoolConfig, ...PoolConfig[]],
  };
  reportAcrossTables(document, service, config, findings);
  reportTargetFamilies(document, config, findings);
  return { config, gateways };
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

function pick<K extends string>(values: Partial<Record<K, unknown>>, keys: readonly K[]): Partial<Record<K, unknown>> {
  return Object.fromEntries(keys.map((key) => [key, values[key]])) as Partial<Record<K, unknown>>;
}
