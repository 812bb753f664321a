import type { Status } from "../../../status/schema.ts";
import { capitalized, iconOf, titleOf } from "../tab.ts";
import { totalsOf } from "../gateways.ts";
import { type Badge, verdictBadge } from "../badges.ts";
import { showAge } from "./ages.ts";
import { find, setAttribute, setHidden, setText, setTone } from "./elements.ts";

/** Shows the verdict where it is seen without looking at the page: in the tab. */
export function showInTab(badge: Badge): void {
  const title = titleOf(badge, location.host);
  if (document.title !== title) document.title = title;
  setAttribute(find("icon"), "href", iconOf(badge.tone));
}

export function showVerdict(status: Status): void {
  const badge = verdictBadge(status);
  const { why, service, gateways } = status;
  setTone(find("verdict"), badge.tone);
  setText(find("verdict-word"), capitalized(badge.word));
  setText(find("verdict-why"), capitalized(service.alive.ok ? why : service.alive.why));
  const { all, up, inUse, flapsLastHour } = totalsOf(gateways);
  setHidden(find("totals"), false);
  setText(find("total-up"), `${up} of ${all}`);
  setText(find("total-in-use"), String(inUse));
  setText(find("total-flaps"), String(flapsLastHour));
  showAge(find("total-running"), service.started.ageSeconds);
  setText(find("version"), `${service.name} ${service.version} (${service.commit})`);
  announce(`${capitalized(badge.word)}: ${why}`, badge.word);
}

let announced: string | undefined;

/**
 * Has a screen reader say something, politely, when it is something new.
 *
 * @param matter what makes it new; the words may change without that
 */
export function announce(words: string, matter: string): void {
  // What was there when the page came is read with the page.
  if (announced !== undefined && announced !== matter) setText(find("announcer"), words);
  announced = matter;
}
