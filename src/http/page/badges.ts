import type { Ddns, Gateway, Report, Status } from "../../status/schema.ts";

/** How something is meant; each has a shape and a colour of its own. */
export type Tone = "good" | "doubtful" | "bad" | "quiet";

/** A state in a word or two, with how it is meant. */
export interface Badge {
  readonly tone: Tone;
  readonly word: string;
}

/** Words are looked up by whatever the service says: a newer one may know states that this page does not. */
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

/** The verdict of a service; one that hangs is bad whatever it says. */
export function verdictBadge({ verdict, service }: Status): Badge {
  if (!service.alive.ok) return { tone: "bad", word: "hangs" };
  return { tone: VERDICTS.get(verdict) ?? "doubtful", word: verdict };
}

/** What the state of a gateway is read from. */
type Condition = Pick<Gateway, "state" | "carriesTraffic" | "held">;

/** The state of a gateway, as far as it matters to whoever looks. */
export function gatewayBadge({ state, carriesTraffic, held }: Condition): Badge {
  const tone = STATES.get(state) ?? "doubtful";
  if (state === "unknown") return { tone, word: "not probed yet" };
  if (tone === "good" && held) return { tone: "doubtful", word: `${state}, held` };
  if (tone === "good" && !carriesTraffic) return { tone: "doubtful", word: `${state}, not in use` };
  if (tone === "bad" && carriesTraffic) return { tone, word: `${state}, still in use` };
  return { tone, word: state };
}

/** Whether somebody who looks for trouble wants to see it. */
export function needsAttention(gateway: Condition): boolean {
  const { tone } = gatewayBadge(gateway);
  return tone === "bad" || tone === "doubtful";
}

/** Whether the kernel holds what it should. */
export function kernelBadge({ ok, why }: Report): Badge {
  return { tone: ok ? "good" : "doubtful", word: why };
}

/** How the DNS name stands. */
export function ddnsBadge({ ok, onDuty }: Pick<Ddns, "ok" | "onDuty">): Badge {
  if (onDuty === false)
    return { tone: "quiet", word: "writes suspended: this machine does not have the required address" };
  if (ok === null) return { tone: "quiet", word: "not read yet" };
  return ok
    ? { tone: "good", word: "the records are right" }
    : { tone: "bad", word: "the records could not be put right" };
}
