import type { Tone } from "../../text/table.ts";

/** What a tab shows: a verdict, or that there is none now. */
export interface TabBadge {
  readonly tone: Tone | "stopped" | "lost";
  readonly text: string;
}

/** Colours that are distinct on light and on dark tabs. */
const COLOURS: Readonly<Record<TabBadge["tone"], string>> = {
  good: "#1f9d57",
  doubtful: "#d18700",
  bad: "#d93025",
  quiet: "#7d8894",
  stopped: "#5b6672",
  lost: "#7d8894",
};

/** Circles, but for what should be noticed without its colour. */
const OUTLINES: Readonly<Partial<Record<TabBadge["tone"], string>>> = {
  doubtful: "M16 1l15 29H1z",
  stopped: "M2 2h28v28H2z",
};
const CIRCLE = "M16 1a15 15 0 1 0 .01 0z";

/** The sign in the middle: a tick, an exclamation mark, a cross, a dash, a block, a broken line. */
const SIGNS: Readonly<Record<TabBadge["tone"], string>> = {
  good: "M9 17l5 5 10-11",
  doubtful: "M16 8v10M16 23v1",
  bad: "M10 10l12 12M22 10L10 22",
  quiet: "M10 16h12",
  stopped: "M12 12h8v8h-8z",
  lost: "M6 16h6M20 16h6M14 10l-2 12M20 10l-2 12",
};

/** The icon of the tab, as a data URL. */
export function iconOf(tone: TabBadge["tone"]): string {
  const outline = OUTLINES[tone] ?? CIRCLE;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="${outline}" fill="${COLOURS[tone]}"/>` +
    `<path d="${SIGNS[tone]}" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** The title of the tab, beginning with the verdict. */
export function titleOf(badge: TabBadge, host: string): string {
  return `${capitalised(badge.text)} · ${host} · gateway-route-manager`;
}

export function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
