import type { Tone } from "../../text/table.ts";
import type { Badge } from "./badges.ts";

/** Colours that are distinct on light and on dark tabs. */
const COLOURS: Readonly<Record<Tone, string>> = {
  good: "#1f9d57",
  doubtful: "#d18700",
  bad: "#d93025",
  quiet: "#7d8894",
};

/** The sign in the middle: a tick, an exclamation mark, a cross, a dash. */
const SIGNS: Readonly<Record<Tone, string>> = {
  good: "M9 17l5 5 10-11",
  doubtful: "M16 8v10M16 23v1",
  bad: "M10 10l12 12M22 10L10 22",
  quiet: "M10 16h12",
};

/** The icon of the tab, as a data URL. */
export function iconOf(tone: Tone): string {
  const outline = tone === "doubtful" ? "M16 1l15 29H1z" : "M16 1a15 15 0 1 0 .01 0z";
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="${outline}" fill="${COLOURS[tone]}"/>` +
    `<path d="${SIGNS[tone]}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** The title of the tab, beginning with the verdict. */
export function titleOf(badge: Badge, host: string): string {
  return `${capitalised(badge.text)} · ${host} · gateway-route-manager`;
}

export function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
