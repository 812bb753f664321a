import type { Badge, Tone } from "./badges.ts";

/** Colours that can be told from each other on light and on dark tabs. */
const COLOURS: Readonly<Record<Tone, string>> = {
  good: "#1f9d57",
  doubtful: "#d18700",
  bad: "#d93025",
  quiet: "#7d8894",
};

/** What stands in the middle: a tick, an exclamation badge, a cross, a dash. */
const SIGNS: Readonly<Record<Tone, string>> = {
  good: "M9 17l5 5 10-11",
  doubtful: "M16 8v10M16 23v1",
  bad: "M10 10l12 12M22 10L10 22",
  quiet: "M10 16h12",
};

/** The picture in the tab, as a data URL. */
export function iconOf(tone: Tone): string {
  const outline = tone === "doubtful" ? "M16 1l15 29H1z" : "M16 1a15 15 0 1 0 .01 0z";
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="${outline}" fill="${COLOURS[tone]}"/>` +
    `<path d="${SIGNS[tone]}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** The title in the tab, with what matters most first. */
export function titleOf(badge: Badge, host: string): string {
  return `${capitalized(badge.word)} · ${host} · gateway-route-manager`;
}

export function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
