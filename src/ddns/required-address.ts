import type { Probe, ProbeResult } from "../probe/probe.ts";
import { proberOf, type ProbeSettings } from "../probe/probers.ts";
import { exponential } from "../time/backoff.ts";
import { createLookUp, type LookUp } from "./look-up.ts";
import type { LookUpResult } from "./look-up-result.ts";
import type { LookUpSettings } from "./settings.ts";

interface RequiredAddressOptions {
  readonly lookUp: LookUp;
  /** Milliseconds that the probe and the look-up have together. */
  readonly timeout: number;
  /** Milliseconds from one look-up of a gateway that has an address to the next. */
  readonly refresh: number;
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
 */
export function probeOf(settings: PoolProbeSettings, onLookUp?: OnLookUp): Probe {
  const { publicIpRequired, publicIpRefresh: refresh, timeout } = settings;
  const probe = proberOf(settings);
  return publicIpRequired
    ? withRequiredAddress(probe, { lookUp: createLookUp(settings), timeout, refresh, onLookUp })
    : probe;
}

/** First wait after an answer without an address, in milliseconds; it doubles up to the refresh period. */
const FIRST_RETRY_MS = 1000;

/** What the newest look-up of a gateway showed. */
interface Known {
  /** Answers without an address in a row. */
  readonly blanks: number;
  /** When the next look-up is due (steady clock). */
  readonly due: number;
}

const NOTHING: Known = { blanks: 0, due: -Infinity };

/**
 * A probe that also fails while the public address service of the gateway answers that it has no address: its VPN is down,
 * whatever its health server says. A look-up that fails in another way shows nothing and changes nothing.
 */
export function withRequiredAddress(probe: Probe, options: RequiredAddressOptions): Probe {
  const { lookUp, timeout, refresh, onLookUp } = options;
  const gateways = new Map<string, Known>();
  const look = async (gateway: string, { blanks }: Known, leftMs: number): Promise<Known> => {
    const result = await lookUp(gateway, AbortSignal.timeout(Math.max(1, Math.ceil(leftMs))));
    onLookUp?.(gateway, result);
    const count = result.kind === "success" ? 0 : result.code === "no-address" ? blanks + 1 : blanks;
    const wait = count === 0 ? refresh : exponential(count, FIRST_RETRY_MS, refresh);
    return { blanks: count, due: performance.now() + wait };
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
    return known.blanks === 0 ? result : withoutAddress(result);
  };
}

function withoutAddress(result: ProbeResult): ProbeResult {
  const detail = "no public address, so its VPN is down (-public-ip-required)";
  return { ...result, kind: "failure", code: "no-address", detail };
}
