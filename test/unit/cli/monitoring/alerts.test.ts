import { describe, expect, test } from "bun:test";

import { alerts, ruleFile, ruleNotes } from "../../../../src/cli/monitoring/alerts.ts";
import { COMMANDS } from "../../../../src/cli/commands/commands.ts";
import { optionList } from "../../../../src/config/options.ts";
import { strangersIn } from "./promql.ts";

const all = alerts(1000);

test("no two alerts have one name", () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

describe.each(all.map((alert) => [alert.name, alert] as const))("the alert %s", (name, alert) => {
  test("has a name, a severity and three sentences at least", () => {
    expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(["critical", "warning"]).toContain(alert.severity);
    expect(alert.summary).toMatch(/[a-z}]$/); // a headline
    for (const text of [alert.description, alert.remedy]) expect(text).toMatch(/[\w:)=?-][.?]$/);
  });

  test("watches metrics that there are, and compares", () => {
    expect(strangersIn(`${alert.watch} ${alert.fires}`)).toEqual([]);
    expect(alert.fires).toMatch(/^(==|>) [\d.]+( unless .*)?$/);
  });

  test("names commands and flags that there are", () => {
    const text = `${alert.summary} ${alert.description} ${alert.remedy}`;
    const commands = [...text.matchAll(/gateway-route-manager ([a-z-]+)/g)].map(([, command]) => command!);
    for (const command of commands) expect(COMMANDS.map((one) => one.name)).toContain(command);
    const flags = [...text.matchAll(/(?<=\s)-([a-z][a-z-]+)/g)].map(([, flag]) => flag!);
    for (const flag of flags) expect(optionList.map((one) => one.flag)).toContain(flag);
  });
});

test("what is slow follows the timeout of the service", () => {
  const slowFrom = (timeout: number): string => alerts(timeout).find(({ name }) => name === "GatewaySlow")!.fires;
  expect([slowFrom(250), slowFrom(1000), slowFrom(3000)]).toEqual(["> 0.125", "> 0.5", "> 1.5"]);
  expect(ruleNotes(1500).join()).toContain("-timeout 1.5s");
});

test("the rule file has all of them, in the form of Prometheus", () => {
  const { groups } = ruleFile(1000);
  expect(groups).toHaveLength(1);
  expect(groups[0]!.rules.map(({ alert }) => alert)).toEqual(all.map(({ name }) => name));
  expect(groups[0]!.rules[0]).toEqual({
    alert: "GatewayRouteManagerDown",
    expr: "up{job='gateway-route-manager'} == 0",
    for: "2m",
    labels: { severity: "critical" },
    annotations: { summary: expect.any(String), description: expect.any(String), remedy: expect.any(String) },
  });
  for (const rule of groups[0]!.rules) expect(Object.values(rule)).not.toContain(undefined);
});
