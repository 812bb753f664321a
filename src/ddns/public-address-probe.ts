import type { Probe, ProbeResult } from "../probe/probe.ts";
import { proberOf, type ProbeSettings } from "../probe/probers.ts";
import type { Random } from "../time/backoff.ts";
import { createLookUp, type LookUp, type LookUpPath } from "./look-up.ts";
import type { LookUpResult } from "./look-up-result.ts";
import { lookUpWait } from "./look-up-schedule.ts";
import type { LookUpSettings } from "./settings.ts";

interface RequiredAddressOptions {
  readonly lookUp: LookUp;
  /** Milliseconds that the probe and the look-up have together. */
  readonly timeout: number;
  /** Milliseconds from one look-up of a gateway that has an address to the next. */
  readonly refresh: number;
  readonly random: Random;
  readonly onLookUp?: OnLookUp | undefined;
}

type OnLookUp = (gateway: string, result: LookUpResult) => void;

interface PoolProbeSettings extends ProbeSettings, LookUpSettings {
  readonly publicIpRefresh: number;
  readonly publicIpRequired: boolean;
}

/**
 * The probe of a pool: its prober, and the look-up of the public address where that is required.
 *
 * @param onLookUp called with the result of each look-up
 * @param pathOf the path of each look-up at a service
 */
export function probeOf(settings: PoolProbeSettings, onLookUp?: OnLookUp, pathOf?: LookUpPath): Probe {
  const { publicIpRequired, publicIpRefresh: refresh, timeout } = settings;
  const probe = proberOf(settings);
  if (!publicIpRequired) return probe;
  const lookUp = createLookUp(settings, pathOf);
  return withRequiredAddress(probe, { lookUp, timeout, refresh, random: Math.random, onLookUp });
}

/** What the newest look-ups of a gateway showed. */
interface Known {
  /** Whether the newest answer had no address. */
  readonly isBlank: boolean;
  /** Look-ups that failed in a row. */
  readonly failures: number;
  /** When the next look-up is due (steady clock). */
  readonly due: number;
}

const NOTHING: Known = { isBlank: false, failures: 0, due: -Infinity };

/**
 * A probe that also fails while the public address service of the gateway answers that it has no address: its VPN is down,
 * whatever its health server says. A look-up that fails in another way shows nothing and changes nothing.
 */
export function withRequiredAddress(probe: Probe, options: RequiredAddressOptions): Probe {
  const { lookUp, timeout, refresh, random, onLookUp } = options;
  const gateways = new Map<string, Known>();
  const look = async (gateway: string, before: Known, leftMs: number): Promise<Known> => {
    const result = await lookUp(gateway, AbortSignal.timeout(Math.max(1, Math.ceil(leftMs))));
    onLookUp?.(gateway, result);
    const failures = result.kind === "success" ? 0 : before.failures + 1;
    const isBlank = result.kind === "failure" && (result.code === "no-address" || before.isBlank);
    return { isBlank, failures, due: performance.now() + lookUpWait(result, failures, refresh, random) };
  };
  return async (gateway) => {
    const start = performance.now();
    const result = await probe(gateway);
    if (result.kind === "failure") {
      gateways.delete(gateway); // its VPN may connect anew, with another address
      return result;
    }
    let known = gateways.get(gateway) ?? NOTHING;
    if (performance.now() >= known.due) {
      known = await look(gateway, known, start + timeout - performance.now());
      gateways.set(gateway, known);
    }
    return known.isBlank ? withoutAddress(result) : result;
  };
}

function withoutAddress(result: ProbeResult): ProbeResult {
  const detail = "no public address, so its VPN is down (-public-ip-required)";
  return { ...result, kind: "failure", code: "no-address", detail };
}
