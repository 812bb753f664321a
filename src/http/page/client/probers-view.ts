import { age, targetText } from "../../../status/phrases.ts";
import type { Prober, TargetAtFault } from "../../../status/schema.ts";
import { proberBadge } from "../badges.ts";
import { showAge } from "./ages.ts";
import { Children, copyOf, find, type Keyed, keepChildren, setHidden, setText, setTone, within } from "./elements.ts";

/** The probers of each list, by their names. */
const shown = new Children();

/** Shows the probers of one gateway; a service without -through has none. */
export function showProbers(list: HTMLElement, probers: readonly Prober[] = []): void {
  setHidden(list, probers.length === 0);
  const items = shown.in(list);
  const names = probers.map(({ name }) => name);
  keepChildren(list, names, items, () => copyOf("prober"));
  for (const prober of probers) {
    const item = items.get(prober.name)!;
    const { tone, text } = proberBadge(prober);
    setTone(item, tone);
    setText(within(item, ".name"), prober.name);
    setText(within(item, ".figures"), text);
  }
}

const targets: Keyed = new Map();

/** Shows which targets are at fault themselves. */
export function showTargets(faults: readonly TargetAtFault[] = []): void {
  const list = find("targets");
  setHidden(list, faults.length === 0);
  const keyOf = ({ prober, target }: TargetAtFault): string => JSON.stringify([prober, target]);
  keepChildren(list, faults.map(keyOf), targets, () => copyOf("target"));
  for (const fault of faults) {
    const text = within(targets.get(keyOf(fault))!, ".text");
    showAge(text, fault.since.ageSeconds, (seconds) => `${targetText(fault)}, for ${age(seconds)}`);
  }
}
