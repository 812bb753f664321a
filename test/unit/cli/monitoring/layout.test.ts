import { expect, test } from "bun:test";
import fc from "fast-check";

import type { Draft, Panel } from "../../../../src/cli/monitoring/grafana.ts";
import { layOut } from "../../../../src/cli/monitoring/layout.ts";

const draft = (w: number, h: number): Draft => ({ type: "stat", title: `${w}x${h}`, size: [w, h] });
const drafts = fc.array(fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 12 })), { maxLength: 12 });
const sections = fc.array(fc.record({ folded: fc.boolean(), drafts }), { maxLength: 4 });

test("whatever the sizes are, panels keep their order and size, inside the grid, and none lies over another", () => {
  fc.assert(
    fc.property(sections, (all) => {
      const laid = layOut(
        all.map(({ folded, drafts: sizes }, index) => {
          const panels = sizes.map(([w, h]) => draft(w, h));
          return { title: `heading ${index}`, drafts: panels, ...(folded && { folded }) };
        }),
      );
      const places = laid.flatMap((panel): readonly (Panel | typeof panel)[] =>
        "collapsed" in panel ? [panel, ...panel.panels] : [panel],
      );
      expect(places.map(({ id }) => id!)).toEqual(places.map((_, index) => index + 1));
      const panels = places.filter((one) => !("collapsed" in one));
      expect(panels.map(({ title }) => title!)).toEqual(all.flatMap((one) => one.drafts.map(([w, h]) => `${w}x${h}`)));
      const cells = new Set<string>();
      for (const { gridPos, title } of places) {
        const { x, y, w, h } = gridPos!;
        if (/^\d+x/.test(title!)) expect(`${w}x${h}`).toBe(title!);
        expect(x + w).toBeLessThanOrEqual(24);
        for (let column = x; column < x + w; column++) {
          for (let line = y; line < y + h; line++) {
            expect(cells.has(`${column} ${line}`)).toBe(false);
            cells.add(`${column} ${line}`);
          }
        }
      }
    }),
  );
});
