import { textOf } from "../config/difference.ts";
import {
  allAddresses,
  type BeyondProbe,
  type Config,
  type GatewayProbe,
  type ProbeConfig,
  usedProbes,
} from "../config/model.ts";
import { asksIn } from "../config/target-families.ts";
import type { LookUpResult } from "../ddns/look-up-result.ts";
import { probeOf } from "../ddns/public-address-probe.ts";
import { familyOf } from "../net/address.ts";
import type { EmitPool } from "../pool/events.ts";
import type { ProberRule } from "../pool/gateway-health.ts";
import type { QualityFault } from "../pool/quality-triggers.ts";
import type { Probe } from "../probe/probe.ts";
import { createBeyondProbe, type Memory } from "./beyond-probe.ts";
import { gatewayPaths } from "./gateway-paths.ts";
import { lookUpPath } from "./look-up-paths.ts";

/** What probes gateways in one respect, at its own pace. Durations are milliseconds. */
export interface GatewayProber {
  readonly rule: ProberRule;
  /** Those that it probes. */
  readonly gateways: readonly string[];
  readonly probe: Probe;
  readonly period: number;
  readonly fastPeriod: number | undefined;
  readonly timeout: number;
  /** What it asks, and how often, as text to compare. */
  readonly question: string;
  /** What it knows of targets beyond the gateways. */
  readonly memory?: Memory;
}

export interface ProberOptions {
  readonly config: Config;
  /** Those of an earlier configuration: what asks the same goes on with what is known. */
  readonly former?: readonly GatewayProber[];
  readonly emit: EmitPool;
  /** Called with the result of each look-up of a public address that is required. */
  readonly onLookUp: ((gateway: string, result: LookUpResult) => void) | undefined;
  /** Called after each round of a prober with what its last ones show of a gateway. */
  readonly onFault: (gateway: string, fault: QualityFault | undefined, prober: string) => void;
}

/** The probers of all gateways: one for each probe that any of them has. */
export function createProbers(options: ProberOptions): readonly GatewayProber[] {
  return usedProbes(options.config).map((probe) =>
    probe.kind === "gateway" ? gatewayProber(probe, options) : beyondProber(probe, options),
  );
}

/** The addresses of the gateways with a probe, of the families in which it asks anything. */
function gatewaysWith(probe: ProbeConfig, config: Config): readonly string[] {
  const own = config.gateways.filter(({ probes }) => probes.includes(probe.name));
  return own.flatMap(allAddresses).filter((address) => asksIn(probe, familyOf(address), config));
}

function gatewayProber(settings: GatewayProbe, { config, onLookUp }: ProberOptions): GatewayProber {
  const { name, rise, fall, period, fastPeriod, timeout } = settings;
  const rule = { name, thresholds: { rise, fall } };
  const question = questionOf(settings, config.publicIp.publicIpRequired ? config.publicIp : undefined);
  const probe = probeOf({ ...config.publicIp, ...settings }, onLookUp, lookUpPath(config));
  return { rule, gateways: gatewaysWith(settings, config), probe, period, fastPeriod, timeout, question };
}

/** @param more further settings that the answers depend on */
function questionOf({ rise: _, fall: __, ...asked }: GatewayProbe | BeyondProbe, more?: unknown): string {
  return textOf([asked, more]);
}

function beyondProber(settings: BeyondProbe, { config, former, emit, onFault }: ProberOptions): GatewayProber {
  const { name, period, timeout, rise, fall } = settings;
  const gateways = gatewaysWith(settings, config);
  const question = questionOf(settings);
  const { probe, memory } = createBeyondProbe({
    ...{ settings, gateways, paths: gatewayPaths(config), emit, onFault },
    former: former?.find((one) => one.question === question)?.memory,
  });
  const rule = { name, thresholds: { rise, fall }, namesItself: true };
  return { rule, gateways, probe, period, fastPeriod: undefined, timeout, question, memory };
}
