/** The alert rules in Prometheus' own tool: each fires when it should, with complete texts, and otherwise does not. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { alertText } from "../../scripts/alerts-table.ts";
import { alertRules } from "../../src/cli/monitoring/documents.ts";
import { EXECUTABLE } from "../e2e/lab/index.ts";
import { rulesOf } from "../unit/cli/monitoring/printed.ts";
import { type Case, CASES, ROUTER } from "./alert-cases.ts";

setDefaultTimeout(60_000); // promtool evaluates all rules for each minute of a day

const folder = mkdtempSync(join(tmpdir(), "grm-alerts-"));
afterAll(() => rmSync(folder, { recursive: true }));

const rules = rulesOf(1000);

function run(...command: string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { cwd: folder, env: { PATH: process.env["PATH"]! } });
  return { status: exitCode, said: `${stdout}${stderr}` };
}

beforeAll(() => writeFileSync(join(folder, "alerts.yml"), run(EXECUTABLE, "print", "alerts").said));

test("the printed rules are those of alerts.yaml, and pass promtool's lint", async () => {
  expect(await Bun.file(join(folder, "alerts.yml")).text()).toBe(alertRules(1000));
  const { status, said } = run("promtool", "check", "rules", "--lint-fatal", "alerts.yml");
  expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
  expect(status).toBe(0);
});

test.each(rules.map(({ alert }) => alert))("%s has a case in which it fires and one in which it does not", (alert) => {
  const cases = CASES.filter((one) => one.alert === alert);
  expect(cases.some(({ fires }) => fires)).toBe(true);
  expect(cases.some(({ fires }) => !fires)).toBe(true);
});

describe.each(rules.map(({ alert }) => alert))("%s", (alert) => {
  test.each(
    CASES.filter((one) => one.alert === alert).map((one) => [one.fires ? "fires" : "is silent", one.what, one]),
  )("%s: %s", (_1, _2, one) => {
    const { status, said } = run("promtool", "test", "rules", unitTest(one as Case));
    expect(said).toContain("SUCCESS");
    expect(status).toBe(0);
  });
});

/** A file with a unit test of promtool. */
function unitTest({ alert, series, at, fires, value = "no value given", name }: Case): string {
  const rule = rules.find((one) => one.alert === alert)!;
  const texts = Object.entries(rule.annotations).map(([kind, text]) => [
    kind,
    alertText(text, fires ?? {}, { value, ...(name !== undefined && { name }) }),
  ]);
  const expected = { exp_labels: { ...fires, ...rule.labels }, exp_annotations: Object.fromEntries(texts) };
  const content = {
    rule_files: ["alerts.yml"],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(series).map(([one, values]) => ({ series: withRouter(one), values })),
        alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: fires ? [expected] : [] }],
      },
    ],
  };
  const path = join(folder, "test.yml");
  writeFileSync(path, JSON.stringify(content)); // JSON is YAML too
  return path;
}

function withRouter(series: string): string {
  const [name, labels = ""] = series.replace(/\}$/, "").split("{");
  const router = Object.entries(ROUTER).flatMap(([label, text]) => {
    return labels.includes(`${label}=`) ? [] : `${label}='${text}'`;
  });
  return `${name}{${[...router, ...(labels === "" ? [] : [labels])].join(", ")}}`.replaceAll("'", '"');
}
