import type { Draft, Panel, RowPanel } from "./grafana.ts";

/** Columns of Grafana's grid. */
const WIDTH = 24;

/** Panels under one heading. */
export interface Section {
  readonly title: string;
  /** Whether it is folded up until somebody opens it. Grafana asks nothing for what is folded up. */
  readonly folded?: true;
  readonly drafts: readonly Draft[];
}

/** Gives every panel its number and its place: left to right, then below the tallest of the line. */
export function layOut(sections: readonly Section[]): (Panel | RowPanel)[] {
  let id = 0;
  let y = 0;
  const placed: (Panel | RowPanel)[] = [];
  for (const { title, folded, drafts } of sections) {
    const gridPos = { x: 0, y: y++, w: WIDTH, h: 1 };
    const rowId = ++id;
    const { panels, bottom } = placeAll(drafts, y, () => ++id);
    y = bottom;
    const row = { type: "row", id: rowId, title, gridPos, collapsed: folded ?? false } as const;
    placed.push({ ...row, panels: folded ? panels : [] }, ...(folded ? [] : panels));
  }
  return placed;
}

function placeAll(drafts: readonly Draft[], top: number, nextId: () => number): { panels: Panel[]; bottom: number } {
  let [x, y, bottom] = [0, top, top];
  const panels = drafts.map(({ size: [w, h], ...draft }) => {
    if (x + w > WIDTH) [x, y] = [0, bottom];
    const gridPos = { x, y, w, h };
    x += w;
    bottom = Math.max(bottom, y + h);
    return { id: nextId(), gridPos, ...draft };
  });
  return { panels, bottom };
}
