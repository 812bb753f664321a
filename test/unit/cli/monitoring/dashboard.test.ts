import { describe, expect, test } from "bun:test";

import { dashboard } from "../../../../src/cli/monitoring/dashboard.ts";
import type { Panel } from "../../../../src/cli/monitoring/grafana.ts";
import { strangersIn } from "./promql.ts";

const board = dashboard(1000);
const rows = board.panels.filter((panel) => "collapsed" in panel);
const panels = board.panels.flatMap((panel): readonly Panel[] => ("collapsed" in panel ? panel.panels : [panel]));
const places = [...rows, ...panels].map(({ id, gridPos }) => ({ id: id!, ...gridPos! }));
const named = panels.map((panel) => [panel.title!, panel] as const);

describe("the dashboard", () => {
  test("has a fixed name, so that a new version replaces an old one", () => {
    expect(board).toMatchObject({ uid: "gateway-route-manager", schemaVersion: 39, editable: true });
    expect(board).not.toHaveProperty("id");
  });

  test("is JSON that loses nothing", () => {
    expect(JSON.parse(JSON.stringify(board))).toEqual(board as object);
  });

  test("has folded up what most do not need", () => {
    expect(rows.map((row) => ("collapsed" in row ? [row.title, row.collapsed] : []))).toEqual([
      ["Overview", false],
      ["Gateways", false],
      ["Routes", false],
      ["DNS name", true],
      ["Service", true],
    ]);
  });

  test("numbers its panels", () => {
    const ids = places.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Math.min(...ids)).toBe(1);
  });

  test("has no panel over another one, or beside the grid", () => {
    for (const { id, x, y, w, h } of places) {
      expect([id, x >= 0, w > 0, x + w <= 24]).toEqual([id, true, true, true]);
      const over = places.filter((other) => {
        const apart = other.x >= x + w || x >= other.x + other.w || other.y >= y + h || y >= other.y + other.h;
        return other.id !== id && !apart;
      });
      expect([id, over.map((other) => other.id)]).toEqual([id, []]);
    }
  });

  test("has each row above its own panels and below those of the row before", () => {
    const tops = rows.map(({ gridPos }) => gridPos!.y);
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
  });

  test("asks only the data source and the router that its variables name", () => {
    expect(board.templating.list!.map(({ name }) => name)).toEqual(["datasource", "instance", "gateway"]);
    const text = JSON.stringify(board);
    expect(
      [...text.matchAll(/"uid":"([^"]*)"/g)].map(([, uid]) => uid).filter((uid) => uid !== "${datasource}"),
    ).toEqual(["gateway-route-manager"]);
    const variables = new Set([...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name!));
    expect([...variables].sort()).toEqual(["__all", "__range", "__rate_interval", "datasource", "gateway", "instance"]);
  });

  test("colours latencies by the timeout of the service", () => {
    const { panels } = dashboard(250);
    const latency = panels.find(({ title }) => title === "Probe latency, p95") as Panel;
    const steps = latency.fieldConfig!.defaults.thresholds!.steps;
    expect(steps.map(({ value }) => value)).toEqual([null, 0.125, 0.25]);
  });
});

describe.each(named)("the panel %s", (_, { title, description, targets = [], type, fieldConfig }) => {
  test("says what it shows", () => {
    expect(title!.length).toBeGreaterThan(3);
    expect(description!.length).toBeGreaterThan(15);
    expect(description).toMatch(/[a-z)]\.$/);
    expect(["stat", "table", "timeseries", "state-timeline"]).toContain(type);
    expect(fieldConfig).toBeDefined();
  });

  test("has queries, each of this router and of metrics that there are", () => {
    expect(targets.length).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    for (const { expr } of targets) {
      expect(strangersIn(expr)).toEqual([]);
      const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].map(([, matchers]) => matchers!);
      expect(selectors.length).toBeGreaterThan(0);
      for (const matchers of selectors) expect(matchers).toStartWith("instance='$instance'");
    }
  });
});

test("no two panels of a dashboard have one name, but for flaps now and over time", () => {
  const twice = named.map(([title]) => title).filter((title, index, all) => all.indexOf(title) !== index);
  expect(twice).toEqual(["Flaps"]);
});
