import type { Pool, Status } from "../../../status/schema.ts";
import { headlineOf, type Staleness } from "../headline.ts";
import { capitalised, iconOf, type TabBadge, titleOf } from "../tab.ts";
import { totalsOf, unprobed } from "../gateways.ts";
import { shownGateways } from "../pools.ts";
import { verdictBadge } from "../badges.ts";
import { showAge } from "./ages.ts";
import { find, setAttribute, setHidden, setText, setTone } from "./elements.ts";

/** Shows in the tab how the service is, with the name of its machine where it is known. */
export function showInTab(badge: TabBadge, status: Status | undefined): void {
  const title = titleOf(badge, status?.service.host ?? location.host);
  if (document.title !== title) document.title = title;
  setAttribute(find("icon"), "href", iconOf(badge.tone));
}

export function showVerdict(status: Status, staleness: Staleness): void {
  const { tone, word, why } = headlineOf(status, staleness);
  setTone(find("verdict"), tone);
  setText(find("verdict-word"), word);
  setText(find("verdict-why"), why);
}

export function showTotals(status: Status): void {
  const { service, pools } = status;
  const gateways = shownGateways(status);
  const { all, up, inUse, flapsLastHour } = totalsOf(gateways);
  const unknown = unprobed(gateways);
  setHidden(find("totals"), false);
  setHidden(find("total-pools-row"), pools === undefined);
  if (pools) setText(find("total-pools"), `${pools.filter(isHealthy).length} of ${pools.length}`);
  const isByAddress = status.gateways.some(({ otherAddress }) => otherAddress !== undefined);
  setText(find("total-up-title"), isByAddress ? "Addresses up" : "Up");
  setText(find("total-up"), unknown === all ? "?" : `${up} of ${all}`);
  setText(find("total-unknown"), unknown === 0 ? "" : `${unknown} not probed yet`);
  setText(find("total-in-use"), String(inUse));
  setText(find("total-flaps"), String(flapsLastHour));
  showAge(find("total-running"), service.started.ageSeconds);
  setText(find("version"), `${service.name} ${service.version} (${service.commit})`);
}

/** Has screen readers announce a new verdict. */
export function announceVerdict(status: Status): void {
  const { text } = verdictBadge(status);
  announce(`${capitalised(text)}: ${status.why}`, text);
}

function isHealthy({ verdict }: Pool): boolean {
  return verdict === "healthy";
}

let announced: string | undefined;

/**
 * Has screen readers announce a text when its topic has changed.
 *
 * @param topic the text may change without it
 */
export function announce(text: string, topic: string): void {
  // The first text is read as part of the page.
  if (announced !== undefined && announced !== topic) setText(find("announcer"), text);
  announced = topic;
}
