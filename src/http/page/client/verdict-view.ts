import type { Pool, Status } from "../../../status/schema.ts";
import { capitalised, iconOf, titleOf } from "../tab.ts";
import { totalsOf } from "../gateways.ts";
import { shownGateways } from "../pools.ts";
import { type Badge, verdictBadge } from "../badges.ts";
import { rejectedText } from "../../../status/phrases.ts";
import { showAge } from "./ages.ts";
import { find, setAttribute, setHidden, setText, setTone } from "./elements.ts";

/** Shows the verdict in the tab. */
export function showInTab(badge: Badge): void {
  const title = titleOf(badge, location.host);
  if (document.title !== title) document.title = title;
  setAttribute(find("icon"), "href", iconOf(badge.tone));
}

export function showVerdict(status: Status): void {
  const badge = verdictBadge(status);
  const { why, service, pools } = status;
  setTone(find("verdict"), badge.tone);
  setText(find("verdict-word"), capitalised(badge.text));
  const reasons = [service.alive.ok ? why : service.alive.why, rejectedText(service)];
  setText(find("verdict-why"), capitalised(reasons.filter(Boolean).join("; ")));
  const { all, up, inUse, flapsLastHour } = totalsOf(shownGateways(status));
  setHidden(find("totals"), false);
  setHidden(find("total-pools-row"), pools === undefined);
  if (pools) setText(find("total-pools"), `${pools.filter(isHealthy).length} of ${pools.length}`);
  const isByAddress = status.gateways.some(({ otherAddress }) => otherAddress !== undefined);
  setText(find("total-up-title"), isByAddress ? "Addresses up" : "Up");
  setText(find("total-up"), `${up} of ${all}`);
  setText(find("total-in-use"), String(inUse));
  setText(find("total-flaps"), String(flapsLastHour));
  showAge(find("total-running"), service.started.ageSeconds);
  setText(find("version"), `${service.name} ${service.version} (${service.commit})`);
  announce(`${capitalised(badge.text)}: ${why}`, badge.text);
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
