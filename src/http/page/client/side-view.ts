import type { Ddns, Routing } from "../../../status/schema.ts";
import { age } from "../../../status/phrases.ts";
import { type Badge, ddnsBadge, kernelBadge } from "../badges.ts";
import { showAge } from "./ages.ts";
import { find, type Keyed, keepChildren, setHidden, setText, setTone, within } from "./elements.ts";

export function showKernel({ standing, table, preference, rule, precedingRules, exclusions, seen }: Routing): void {
  showState(find("standing"), kernelBadge(standing));
  setText(find("kernel-table"), String(table));
  setText(find("kernel-rule"), rule ? String(preference) : `${preference} (missing)`);
  setHidden(find("kernel-preceding-row"), precedingRules.length === 0);
  setText(find("kernel-preceding"), precedingRules.map(({ why }) => why).join("; "));
  setText(find("kernel-exclusions"), `${exclusions} destination${exclusions === 1 ? "" : "s"}`);
  showAge(find("kernel-seen"), seen?.ageSeconds ?? null, ago, "not yet");
}

const addresses: Keyed = new Map();

/** Further addresses are only counted. */
const MOST_ADDRESSES = 8;

export function showDdns(ddns: Ddns | null): void {
  setHidden(find("dns"), ddns === null);
  setHidden(find("dns-link"), ddns === null);
  if (ddns === null) return;
  const { hostname, provider, ok, lastError, lastSuccess, nextTrySeconds } = ddns;
  setText(find("dns-name"), hostname);
  setText(find("dns-provider"), provider);
  showState(find("dns-state"), ddnsBadge(ddns));
  const failure = ok === false ? lastError : null;
  setHidden(find("dns-error"), failure === null);
  showAge(find("dns-error"), failure?.at.ageSeconds ?? null, (seconds) => `${failure?.why}, ${ago(seconds)}`);
  showAge(find("dns-success"), lastSuccess?.ageSeconds ?? null, ago, "not yet");
  // A countdown: a time in the future has a negative age.
  const left = (seconds: number): string => age(Math.max(0, -seconds));
  showAge(find("dns-next"), nextTrySeconds === null ? null : -nextTrySeconds, left, "now");
  showAddresses(ddns.addresses);
  // A service of an earlier version does not have it.
  const { pending = null } = ddns as Partial<Ddns>;
  setHidden(find("dns-pending"), pending === null);
  setText(find("dns-pending"), pending === null ? "" : `should resolve to ${pending.join(", ") || "no address"}`);
}

function showAddresses(all: readonly string[]): void {
  const some = all.length === 0 ? ["no address"] : all.slice(0, MOST_ADDRESSES);
  const left = all.length - MOST_ADDRESSES;
  keepChildren(find("dns-addresses"), some, addresses, () => document.createElement("li"));
  for (const address of some) setText(addresses.get(address)!, address);
  setHidden(find("dns-more"), left <= 0);
  setText(find("dns-more"), `and ${left} more`);
}

function showState(element: HTMLElement, { tone, text }: Badge): void {
  setTone(element, tone);
  setText(within(element, "span"), text);
}

function ago(seconds: number): string {
  return `${age(seconds)} ago`;
}
