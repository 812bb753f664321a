import { formatDuration } from "../net/duration.ts";
import type { Member } from "./model.ts";
import type { OptionValues } from "./options.ts";
import type { NameOf } from "./rules.ts";
import type { Doubt } from "./warning-rules.ts";

type Values = Pick<OptionValues, "tierMin" | "tierShortage" | "tierFailbackDelay">;

/** The members of a pool, and how another one is given another tier, for people. */
interface Tiers {
  readonly members: readonly Pick<Member, "tier">[];
  readonly example: string;
}

/** Settings of tiers that do nothing, or keep a tier from ever carrying traffic. */
export function* uselessTiers(values: Values, { members, example }: Tiers, name: NameOf): Generator<Doubt> {
  const sizes = new Map<number, number>();
  for (const { tier } of members) sizes.set(tier, (sizes.get(tier) ?? 0) + 1);
  if (sizes.size === 1) yield* idleSettings(values, example, name);
  else if (values.tierShortage === "replace") yield* smallTiers(values, sizes, name);
}

/** Settings of tiers although all gateways are of one. */
function* idleSettings(
  { tierMin, tierShortage, tierFailbackDelay }: Values,
  example: string,
  name: NameOf,
): Generator<Doubt> {
  const settings: [key: keyof Values, value: string, isSet: boolean][] = [
    ["tierMin", String(tierMin), tierMin !== 1],
    ["tierShortage", tierShortage, tierShortage !== "replace"],
    ["tierFailbackDelay", formatDuration(tierFailbackDelay), tierFailbackDelay !== 0],
  ];
  for (const [key, value, isSet] of settings) {
    if (!isSet) continue;
    const detail = `${name(key)} ${value} has no effect: all gateways are of one tier`;
    yield { key, detail, remedy: `give some of them another tier, such as ${example}, or remove it` };
  }
}

/** Tiers that can never have enough usable gateways, so that a worse one always takes their place. */
function* smallTiers({ tierMin }: Values, sizes: ReadonlyMap<number, number>, name: NameOf): Generator<Doubt> {
  const last = Math.max(...sizes.keys());
  for (const [tier, size] of [...sizes].sort(([a], [b]) => a - b)) {
    if (size >= tierMin || tier === last) continue;
    const gateways = size === 1 ? "1 gateway" : `${size} gateways`;
    const detail = `${name("tierMin")} ${tierMin}: tier ${tier} has only ${gateways}, so that it carries no traffic while another tier has enough`;
    yield { key: "tierMin", detail, remedy: `lower it to ${size}, or use ${name("tierShortage")} join` };
  }
}
