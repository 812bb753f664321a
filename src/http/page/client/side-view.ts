import { dnsNamesOf } from "../../../status/membership.ts";
import type { Ddns, Status } from "../../../status/schema.ts";
import { age, ddnsFailure } from "../../../status/phrases.ts";
import { type Badge, ddnsBadge, kernelBadge } from "../badges.ts";
import { kernelFacts } from "../kernel.ts";
import { showAge } from "./ages.ts";
import {
  Children,
  copyOf,
  find,
  keepChildren,
  part,
  setHidden,
  setSectionHidden,
  setText,
  setTone,
  within,
} from "./elements.ts";

/** Shows what the kernel holds of the one pool without a name; that of others is in their pools. */
export function showKernel(status: Status): void {
  setSectionHidden("kernel", status.pools !== undefined);
  if (status.pools) return;
  showRouting(find("kernel"), status);
  setText(find("kernel-exclusions"), kernelFacts(status).exclusions);
}

/** Shows what the kernel holds of a pool in a section with these parts. */
export function showRouting(section: HTMLElement, pool: Pick<Status, "families" | "routing">): void {
  const { standing, table, rule, preceding, seen } = kernelFacts(pool);
  showState(part(section, "standing"), kernelBadge(standing));
  setText(part(section, "table"), table);
  setText(part(section, "rule"), rule);
  setHidden(part(section, "preceding-row"), preceding === "");
  setText(part(section, "preceding"), preceding);
  showAge(part(section, "seen"), seen?.ageSeconds ?? null, ago, "not yet");
}

const addressesIn = new Children();

/** Further addresses are only counted. */
const MOST_ADDRESSES = 8;

/** Shows the DNS names of the one pool without a name; those of others are in their pools. */
export function showDdns(status: Status): void {
  const names = status.pools ? [] : dnsNamesOf(status);
  setSectionHidden("dns", names.length === 0);
  showDnsNames(find("dns"), names);
}

const othersIn = new Children();

/** Shows DNS names in a section with these parts, which is hidden without one. The parts are those of the first. */
export function showDnsNames(section: HTMLElement, [first, ...others]: readonly Ddns[]): void {
  setHidden(section, first === undefined);
  const list = part(section, "dns-others");
  const have = othersIn.in(list);
  const keyOf = ({ hostname, provider }: Ddns): string => `${hostname} ${provider}`;
  keepChildren(list, others.map(keyOf), have, () => part(copyOf("pool"), "dns"));
  if (first) showDnsName(section, first);
  for (const name of others) showDnsName(have.get(keyOf(name))!, name);
}

function showDnsName(section: HTMLElement, ddns: Ddns): void {
  const { hostname, provider, gateway, lastSuccess, nextTrySeconds } = ddns;
  setText(part(section, "dns-name"), hostname);
  setText(part(section, "dns-provider"), provider);
  setHidden(part(section, "dns-follows"), gateway === undefined);
  setText(part(section, "dns-gateway"), gateway ?? "");
  showState(part(section, "dns-state"), ddnsBadge(ddns));
  const failure = ddnsFailure(ddns);
  const error = part(section, "dns-error");
  setHidden(error, failure === undefined);
  showAge(error, failure?.at.ageSeconds ?? null, (seconds) => `${failure?.why}, ${ago(seconds)}`);
  showAge(part(section, "dns-success"), lastSuccess?.ageSeconds ?? null, ago, "not yet");
  // A countdown: a time in the future has a negative age.
  const left = (seconds: number): string => age(Math.max(0, -seconds));
  showAge(part(section, "dns-next"), nextTrySeconds === null ? null : -nextTrySeconds, left, "now");
  showAddresses(section, ddns.addresses, lastSuccess === null ? "not read yet" : "no address");
  // A service of an earlier version does not have it.
  const { pending = null } = ddns as Partial<Ddns>;
  const wanted = part(section, "dns-pending");
  setHidden(wanted, pending === null);
  setText(wanted, pending === null ? "" : `should resolve to ${pending.join(", ") || "no address"}`);
}

/** @param none what to say without any */
function showAddresses(section: HTMLElement, all: readonly string[], none: string): void {
  const some = all.length === 0 ? [none] : all.slice(0, MOST_ADDRESSES);
  const left = all.length - MOST_ADDRESSES;
  const list = part(section, "dns-addresses");
  const have = addressesIn.in(list);
  keepChildren(list, some, have, () => document.createElement("li"));
  for (const address of some) setText(have.get(address)!, address);
  const more = part(section, "dns-more");
  setHidden(more, left <= 0);
  setText(more, `and ${left} more`);
}

function showState(element: HTMLElement, { tone, text }: Badge): void {
  setTone(element, tone);
  setText(within(element, "span"), text);
}

function ago(seconds: number): string {
  return `${age(seconds)} ago`;
}
