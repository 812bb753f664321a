import { describe, expect, test } from "bun:test";

import type { AddressState } from "../../../../src/ddns/events.ts";
import { dashboardOf, panelsOf, partsOf, rowsOf, rulesOf } from "./printed.ts";
import { isOfFamily, labelsOf, scopesOf, strangersIn } from "./promql.ts";

const board = dashboardOf(1000);
const rows = rowsOf(board);
const panels = panelsOf(board);
const places = [...rows, ...panels].map(({ id, gridPos }) => ({ id, ...gridPos }));
const named = panels.map((panel) => [panel.title, panel] as const);
/** Panels that show all routers beside each other, whichever is chosen. */
const ofAllRouters = panelsOf({ ...board, panels: rows.filter(({ title }) => title === "All routers") }).map(
  ({ title }) => title,
);
const panelOf = (title: string, timeout = 1000) =>
  panelsOf(dashboardOf(timeout)).find((panel) => panel.title === title)!;

describe("the dashboard", () => {
  test("has a fixed name, so that a new version replaces an old one", () => {
    expect(board).toMatchObject({ uid: "gateway-route-manager", schemaVersion: 39, editable: true });
    expect(board).not.toHaveProperty("id");
  });

  test("has its last three rows collapsed", () => {
    expect(rows.map(({ title, collapsed }) => [title, collapsed])).toEqual([
      ["Overview", false],
      ["Gateways", false],
      ["Routes", false],
      ["DNS name", true],
      ["Service", true],
      ["All routers", true],
    ]);
  });

  test("numbers its rows and panels from 1 in their order", () => {
    const ids = board.panels.flatMap((panel) => [
      panel.id,
      ...(panel.type === "row" ? panel.panels : []).map(({ id }) => id),
    ]);
    expect(ids).toEqual(ids.map((_, index) => index + 1));
  });

  test("has no overlapping panels, and none outside the grid", () => {
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
    const all = [...places].sort((one, other) => one.id - other.id);
    for (const { id, y } of rows.map(({ id, gridPos }) => ({ id, ...gridPos }))) {
      for (const place of all)
        expect([id, place.id, place.id < id ? place.y < y : place.y >= y]).toEqual([id, place.id, true]);
    }
  });

  test("queries only the data source, the router, the pools and the gateways of its variables", () => {
    expect(board.templating.list.map(({ name }) => name)).toEqual(["datasource", "instance", "pool", "gateway"]);
    const text = JSON.stringify(board);
    expect(
      [...text.matchAll(/"uid":"([^"]*)"/g)].map(([, uid]) => uid).filter((uid) => uid !== "${datasource}"),
    ).toEqual(["gateway-route-manager"]);
    const variables = new Set([...text.matchAll(/\$\{?([a-z_]\w*)/g)].map(([, name]) => name!));
    const ranges = ["__all", "__range", "__rate_interval"];
    expect([...variables].sort()).toEqual([...ranges, "datasource", "gateway", "instance", "pool"]);
  });

  test("takes all pools, also the one without a name, until some are chosen", () => {
    const pool = board.templating.list.find(({ name }) => name === "pool");
    expect(pool).toMatchObject({ includeAll: true, multi: true, allValue: ".*", current: { value: ["$__all"] } });
  });

  test.each(["Probe latency, p50", "Probe latency, p95"])("colours %s by the timeout of the service", (title) => {
    const { steps } = panelOf(title, 250).fieldConfig.defaults.thresholds!;
    expect(steps.map(({ value }) => value)).toEqual([null, 0.125, 0.25]);
  });

  test("colours the latencies of its table by the timeout of the service", () => {
    const text = JSON.stringify(panelOf("Gateways now", 250));
    const limits = [...text.matchAll(/"value":([\d.]+),"color":"(orange|red)"/g)].map(([, value]) => Number(value));
    expect(limits).toEqual([0.125, 0.25, 0.125, 0.25, 1]);
  });

  test.each([
    ["Kernel verified", "RoutesNotRight"],
    ["Records verified", "DdnsNotVerified"],
  ])("turns %s red from the value on at which %s fires", (title, alert) => {
    const { fires } = partsOf(rulesOf(1000).find((rule) => rule.alert === alert)!);
    const { steps } = panelOf(title).fieldConfig.defaults.thresholds!;
    expect(steps).toEqual([
      { value: null, color: "green" },
      { value: Number(/^> (\d+)/.exec(fires)![1]), color: "red" },
    ]);
  });

  test("has a number and a word for each state of a public address", () => {
    const states = ["inactive", "unknown", "kept", "known"] as const satisfies readonly AddressState[];
    const { targets, fieldConfig } = panelOf("Public address of each gateway");
    const numbers = [...targets[0]!.expr.matchAll(/state='(\w+)'\} \* (\d)/g)].map(([, state, number]) => [
      state,
      number,
    ]);
    expect(numbers).toEqual(states.map((state, index) => [state, String(index)]));
    const texts = states.map((state, index) => [String(index), { text: state, color: expect.any(String), index }]);
    expect(fieldConfig.defaults.mappings).toEqual([{ type: "value", options: Object.fromEntries(texts) }]);
  });
});

describe.each(named)("the panel %s", (_, { title, description, targets, type, fieldConfig }) => {
  test("has a title and a description", () => {
    expect(title.length).toBeGreaterThan(3);
    expect(description.length).toBeGreaterThan(15);
    expect(description).toMatch(/[a-z)]\.$/);
    expect(["stat", "table", "timeseries", "state-timeline"]).toContain(type);
    expect(fieldConfig.defaults).toBeDefined();
  });

  test("has queries for one router, with metrics and labels of the table", () => {
    expect(targets.length).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    for (const { expr, legendFormat } of targets) {
      expect(strangersIn(expr)).toEqual([]);
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(labelsOf(expr)).toContain(label!);
      const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].map(([, matchers]) => matchers!);
      expect(selectors.length > 0).toBe(!ofAllRouters.includes(title));
      for (const matchers of selectors) expect(matchers).toStartWith("instance='$instance'");
    }
  });
});

describe.each(panels.flatMap(({ title, targets }) => targets.map((target) => [title, target.expr, target] as const)))(
  "the panel %s with %s",
  (_, expr, { legendFormat }) => {
    test("shows the pools that are chosen, of metrics of pools", () => {
      // Errors of gateways have no pool.
      for (const [, name, matchers] of expr.matchAll(/(\w+)\{([^}]*)\}/g)) {
        const isOfPools = scopesOf(name!).has("pool") && name !== "errors_total";
        expect([name, matchers!.includes("pool=~'$pool'")]).toEqual([name, isOfPools]);
      }
    });

    test("tells families apart wherever it tells pools apart", () => {
      const showsPools = legendFormat.includes("{{pool}}") && !legendFormat.includes("{{gateway_name}}");
      expect(legendFormat.includes("{{family}}")).toBe(showsPools && isOfFamily(expr));
    });

    test("calls gateways by their names, and pools apart", () => {
      expect(legendFormat).not.toContain("{{gateway_ip}}");
      if (legendFormat.includes("{{gateway_name}}"))
        expect(expr).toMatch(/group_left \(gateway_name\) \(label_replace\(label_join\(gateway_info\{/);
    });
  },
);

test("panel titles are unique, except for Flaps, which is shown as a number and over time", () => {
  const twice = named.map(([title]) => title).filter((title, index, all) => all.indexOf(title) !== index);
  expect(twice).toEqual(["Flaps"]);
});
