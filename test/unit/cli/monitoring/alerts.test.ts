import { describe, expect, test } from "bun:test";

import { alertText } from "../../../../scripts/alerts-table.ts";
import { COMMANDS } from "../../../../src/cli/commands/commands.ts";
import { alertRules } from "../../../../src/cli/monitoring/documents.ts";
import { optionList } from "../../../../src/config/options.ts";
import { partsOf, rulesOf } from "./printed.ts";
import { isOfFamily, labelsOf, scopesOf, strangersIn } from "./promql.ts";

const rules = rulesOf(1000);

test("no two alerts have one name", () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

describe.each(rules.map((rule) => [rule.alert, rule] as const))("the alert %s", (name, rule) => {
  const { summary, description, remedy } = rule.annotations;
  const text = `${summary} ${description} ${remedy}`;

  test("has a name, a severity, a headline and whole sentences, and nothing else", () => {
    expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(["critical", "warning"]).toContain(rule.labels.severity);
    expect(summary).toMatch(/[a-z}]$/);
    for (const sentences of [description, remedy]) expect(sentences).toMatch(/[\w:)=?-][.?]$/);
    const { for: lasting, ...rest } = rule;
    expect(lasting ?? "1m").toMatch(/^\d+m$/);
    expect(Object.keys(rest)).toEqual(["alert", "expr", "labels", "annotations"]);
    expect(Object.keys(rule.labels)).toEqual(["severity"]);
    expect(Object.keys(rule.annotations)).toEqual(["summary", "description", "remedy"]);
  });

  test("compares metrics of the table, with their labels", () => {
    expect(strangersIn(rule.expr)).toEqual([]);
    expect(partsOf(rule).watch).not.toBe("");
  });

  test("names labels of its metrics", () => {
    const labels = [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!);
    for (const label of labels) expect(labelsOf(rule.expr)).toContain(label);
  });

  test("names the pool of what is of pools, and the gateway by its name", () => {
    const isOfPools = scopesOf(rule.expr).has("pool");
    expect(text.includes("{{ with $labels.pool }}")).toBe(isOfPools);
    const isOfGateways = labelsOf(rule.expr).includes("gateway_ip");
    expect(summary.includes("gateway_info{instance=%q,gateway_ip=%q,")).toBe(isOfGateways);
  });

  test("names the family of what has series for each", () => {
    expect(summary.includes("{{ with $labels.family }}")).toBe(isOfFamily(rule.expr));
  });

  test("tells pools apart wherever it names the labels of a group", () => {
    const groups = [...partsOf(rule).fires.matchAll(/\bon \(([^)]*)\)/g)].map(([, labels]) => labels!.split(", "));
    if (scopesOf(rule.expr).has("pool")) for (const labels of groups) expect(labels).toContain("pool");
  });

  test("names times and limits of its rule only", () => {
    const times = [...text.matchAll(/\b\d+[smh]\b/g)].map(([time]) => time);
    for (const time of times) expect([rule.for, ...(/\[(\w+)\]/.exec(rule.expr) ?? [])]).toContain(time);
    const limits = [...description.matchAll(/more than (\d+)/g)].map(([, limit]) => `> ${limit}`);
    for (const limit of limits) expect(partsOf(rule).fires).toBe(limit);
  });

  test("names existing commands and flags", () => {
    const commands = [...text.matchAll(/gateway-route-manager ([a-z-]+)/g)].map(([, command]) => command!);
    for (const command of commands) expect(COMMANDS.map((one) => one.name)).toContain(command);
    const flags = [...text.matchAll(/(?<=\s)-([a-z][a-z-]+)/g)].map(([, flag]) => flag!);
    for (const flag of flags) expect(optionList.map((one) => one.flag)).toContain(flag);
  });
});

test("texts of one pool without a name, and of gateways without names, have no word about them", () => {
  const summaries = rules.map(({ annotations }) =>
    alertText(annotations.summary, { instance: "r:1", gateway_ip: "10.0.0.1" }),
  );
  expect(summaries).toContain("No gateway of r:1 is healthy");
  expect(summaries).toContain("Gateway 10.0.0.1 is down");
  expect(summaries.filter((text) => /pool|sweden|IPv|\{\{/.test(text))).toEqual([]);
});

test("texts name the pool, the gateway and the family", () => {
  const textOf = (alert: string, more = {}): string =>
    alertText(
      rules.find((rule) => rule.alert === alert)!.annotations.summary,
      { instance: "r:1", gateway_ip: "10.0.0.1", pool: "vpn", ...more },
      { name: "sweden" },
    );
  expect(textOf("AllGatewaysDown", { family: "ipv6" })).toBe("No gateway of pool vpn of r:1 is healthy in IPv6");
  expect(textOf("GatewaysUnused", { family: "ipv4" })).toMatch(/carry no traffic in IPv4$/);
  expect(textOf("AllGatewaysDown")).toBe("No gateway of pool vpn of r:1 is healthy");
  expect(textOf("RoutesNotRight")).toBe("The kernel of r:1 does not have the expected routes of pool vpn");
  expect(textOf("GatewayDown")).toBe("Gateway sweden (10.0.0.1) is down");
});

test("GatewaySlow follows the timeout of the service", () => {
  const slowFrom = (timeout: number): string =>
    partsOf(rulesOf(timeout).find(({ alert }) => alert === "GatewaySlow")!).fires;
  expect([slowFrom(250), slowFrom(1000), slowFrom(3000)]).toEqual(["> 0.125", "> 0.5", "> 1.5"]);
  expect(alertRules(1500)).toContain("-timeout (here 1.5s)");
});

test("the rules are one group in the form of Prometheus", () => {
  const { groups } = Bun.YAML.parse(alertRules(1000)) as { groups: readonly object[] };
  expect(groups).toEqual([{ name: "gateway-route-manager", rules }]);
  expect(rules[0]).toEqual({
    alert: "GatewayRouteManagerDown",
    expr: "up{job='gateway-route-manager'} == 0",
    for: "2m",
    labels: { severity: "critical" },
    annotations: { summary: expect.any(String), description: expect.any(String), remedy: expect.any(String) },
  });
});
