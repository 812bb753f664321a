import { ddnsState, qualityText } from "../../status/phrases.ts";
import type { Ddns, Gateway, Pool, Prober, Report, Status } from "../../status/schema.ts";
import type { Tone } from "../../text/table.ts";

/** A state in a few words. Each tone has its own shape and colour. */
export interface Badge {
  readonly tone: Tone;
  readonly text: string;
}

/** Tones by state. A newer service may have states that this page does not know, so any text is looked up. */
type Tones = ReadonlyMap<string, Tone>;

const VERDICTS: Tones = new Map([
  ["healthy", "good"],
  ["degraded", "doubtful"],
  ["down", "bad"],
] as const);

const STATES: Tones = new Map([
  ["up", "good"],
  ["down", "bad"],
  ["unknown", "quiet"],
] as const);

/** The verdict of a service. A service that hangs is bad, whatever its verdict. */
export function verdictBadge({ verdict, service }: Status): Badge {
  return service.alive.ok ? poolBadge({ verdict }) : { tone: "bad", text: "hangs" };
}

/** The verdict of one pool. */
export function poolBadge({ verdict }: Pick<Pool, "verdict">): Badge {
  return { tone: VERDICTS.get(verdict) ?? "doubtful", text: verdict };
}

/** The part of a gateway that its badge depends on. */
type Condition = Pick<Gateway, "state" | "carriesTraffic" | "held" | "standby" | "drained"> & {
  /** Of the pools; undefined where they have no names. */
  readonly uses?: readonly unknown[];
};

/** The state of a gateway, with its use where that differs from the state. */
export function gatewayBadge({ state, carriesTraffic, held, standby, drained, uses }: Condition): Badge {
  if (drained && carriesTraffic) return { tone: "doubtful", text: "drained, still in use" };
  if (drained) return { tone: "quiet", text: state === "down" ? "drained, down" : "drained" };
  const tone = STATES.get(state) ?? "doubtful";
  if (state === "unknown") return { tone, text: "not probed yet" };
  if (tone === "good" && held) return { tone: "doubtful", text: `${state}, in flap hold` };
  if (tone === "good" && standby) return { tone: "quiet", text: `${state}, stands by` };
  if (tone === "good" && uses?.length === 0) return { tone: "quiet", text: `${state}, in no pool` };
  if (tone === "good" && !carriesTraffic) return { tone: "doubtful", text: `${state}, not in use` };
  if (tone === "bad" && carriesTraffic) return { tone, text: `${state}, still in use` };
  return { tone, text: state };
}

/** What one of several probers says of a gateway, and how well its probes pass. */
export function proberBadge(prober: Prober): Badge {
  const word = prober.state === "unknown" ? "not probed yet" : prober.state;
  const tone = STATES.get(prober.state) ?? "doubtful";
  return { tone, text: [word, qualityText(prober)].filter((part) => part !== "").join(", ") };
}

/** Whether the gateway has a problem. */
export function needsAttention(gateway: Condition): boolean {
  const { tone } = gatewayBadge(gateway);
  return tone === "bad" || tone === "doubtful";
}

/** Whether the kernel has the expected routes and rules. */
export function kernelBadge({ ok, why }: Report): Badge {
  return { tone: ok ? "good" : "doubtful", text: why };
}

/** The state of the DNS records. */
export function ddnsBadge(ddns: Pick<Ddns, "ok" | "onDuty">): Badge {
  const [tone, text] = ddnsState(ddns);
  return { tone, text };
}
