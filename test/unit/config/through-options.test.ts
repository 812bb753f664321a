import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { beyondProbes, gatewayProbes, placesOf, probeTablesOf } from "../../../src/config/model.ts";
import { type ParsedConfig, parseConfig } from "../../../src/config/parse.ts";
import { formatCidr } from "../../../src/net/cidr.ts";
import { throughArgument } from "../../../src/config/through-values.ts";
import { failureText } from "../../../src/text/failure.ts";

/** Judges a command line that has a range already. */
function judge(words: readonly string[], environment: Record<string, string> = {}): ParsedConfig {
  const { values, problems } = parseArguments(["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2", ...words]);
  expect(problems).toEqual([]);
  return parseConfig(values, { environment, readFile: () => "" });
}

const split = (line: string): string[] => line.split(" ").filter(Boolean);
const problemsOf = (line: string): readonly string[] => {
  const parsed = judge(split(line));
  return parsed.ok ? [] : parsed.problems;
};
const warningsOf = (line: string): readonly string[] => {
  const parsed = judge(split(line));
  return parsed.ok ? parsed.warnings.map(failureText) : [`problems: ${parsed.problems.join()}`];
};
function configOf(words: readonly string[], environment?: Record<string, string>) {
  const parsed = judge(words, environment);
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.config;
}

const THROUGH = "-through icmp:1.1.1.1,9.9.9.9";

describe("-through", () => {
  const both = ["icmp:1.1.1.1,9.9.9.9", "tcp:1.1.1.1:443"];

  test.each<[string, string[], Record<string, string>]>([
    ["twice", ["-through", both[0]!, `--through=${both[1]}`], {}],
    ["with several values in one text", ["-through", `  ${both[0]}   ${both[1]} `], {}],
    ["in the variable", [], { GRM_THROUGH: both.join(" ") }],
    ["in lines of the variable", [], { GRM_THROUGH: `${both.join("\n")}\n` }],
    ["beside a variable, over which it wins", ["-through", both.join(" ")], { GRM_THROUGH: "dns:1.1.1.1" }],
  ])("given %s is a prober for each value", (_, words, environment) => {
    expect(beyondProbes(configOf(words, environment)).map(throughArgument)).toEqual(both);
  });

  test("is off by default, and then no rules or tables are meant for it", () => {
    const config = configOf([]);
    expect(beyondProbes(config)).toEqual([]);
    expect(probeTablesOf(config)).toBeUndefined();
    expect(placesOf(config)).toEqual([{ tableRef: { table: 180, preference: 10888 }, probes: undefined }]);
    expect(gatewayProbes(config)).toHaveLength(1);
  });

  test("has rules, tables and marks of its own, which flags move", () => {
    expect(probeTablesOf(configOf(split(THROUGH)))).toMatchObject({ preference: 100, table: 18001, mark: 0xad000000 });
    const moved = "-probe-rule-preference 300 -first-probe-table-id 19001 -probe-mark 0xae000000";
    expect(probeTablesOf(configOf(split(`${THROUGH} ${moved}`)))).toMatchObject({
      preference: 300,
      table: 19001,
      mark: 0xae000000,
    });
  });

  test("has the targets that are addresses, each once", () => {
    const through = [
      "-through",
      "icmp:1.1.1.1,9.9.9.9",
      "-through",
      "https://1.1.1.1/,https://a.test/,http://8.8.8.8:80/",
    ];
    const { targets } = probeTablesOf(configOf(through))!;
    expect(targets!.map(formatCidr)).toEqual(["1.1.1.1/32", "9.9.9.9/32", "8.8.8.8/32"]);
  });

  test("with -through-only replaces the probes of the gateways themselves", () => {
    expect(gatewayProbes(configOf(split(`${THROUGH} -through-only`)))).toEqual([]);
    expect(gatewayProbes(configOf(split("-through-only")))).toHaveLength(1); // or nothing would be probed
  });

  test("that is wrong names its source, the value and what is expected", () => {
    expect(problemsOf("-through icmp:one.one")).toEqual([
      '-through "icmp:one.one": expected addresses, not names: the look-up of a name may fail for other reasons (got "one.one")',
    ]);
    const parsed = judge([], { GRM_THROUGH: "icmp:1.1.1.1 tcp:1.1.1.1" });
    expect(parsed).toMatchObject({
      ok: false,
      problems: [expect.stringMatching(/^GRM_THROUGH "tcp:1\.1\.1\.1": expected a whole number from 1 to 65535/)],
    });
    expect(problemsOf("-through=")).toEqual([expect.stringContaining("expected icmp:ADDRESS")]);
  });

  test("with a space after a comma is an error that says so", () => {
    const parsed = judge(["-through", "icmp:1.1.1.1, 9.9.9.9"]);
    expect(parsed).toMatchObject({
      ok: false,
      problems: [
        '-through "icmp:1.1.1.1,": expected a target before and after each comma, without spaces',
        expect.stringContaining('-through "9.9.9.9": expected icmp:ADDRESS'),
      ],
    });
  });

  test("given twice with the same value is an error", () => {
    expect(problemsOf(`${THROUGH} ${THROUGH} ${THROUGH}`)).toEqual([
      "-through icmp:1.1.1.1,9.9.9.9 is given twice; remove one",
    ]);
    expect(problemsOf(`${THROUGH} -through icmp:1.1.1.1`)).toEqual([]);
  });

  test.each(["icmp:1.1.1.1,10.0.0.1", "tcp:10.0.0.2:80", "http://10.0.0.2:9999/"])(
    "with a gateway as a target is an error: %s",
    (text) => {
      expect(problemsOf(`-through ${text}`)).toEqual([
        expect.stringMatching(/^-through with the target 10\.0\.0\.[12]: it is one of the gateways.*; choose another$/),
      ]);
    },
  );

  test.each(["icmp:10.0.0.0", "icmp:10.0.0.3", "https://example.com/"])("%s is no gateway", (text) => {
    expect(problemsOf(`-through ${text}`)).toEqual([]);
  });
});

describe("-through-need", () => {
  test("up to the number of targets of each -through is fine", () => {
    expect(problemsOf(`${THROUGH} -through-need 2`)).toEqual([]);
  });

  test("above that is an error that names the -through with too few", () => {
    expect(problemsOf(`${THROUGH} -through dns:1.1.1.1 -through-need 2`)).toEqual([
      "-through-need 2: -through dns:1.1.1.1 has only 1 target; lower it, or add targets",
    ]);
    expect(problemsOf(`${THROUGH} -through-need 3`)).toEqual([
      "-through-need 3: -through icmp:1.1.1.1,9.9.9.9 has only 2 targets; lower it, or add targets",
    ]);
  });

  test("is not compared with a -through that is faulty itself", () => {
    expect(problemsOf("-through icmp:x -through-need 3")).toHaveLength(1);
  });
});

describe("-through-text", () => {
  const URL = "-through https://a.example/";

  test("with a URL is what the body of its answer has to hold", () => {
    const config = configOf([...split(`${URL} ${THROUGH}`), "-through-text", "all is well"]);
    expect(beyondProbes(config)[0]!.text).toBe("all is well");
    expect(beyondProbes(configOf(split(`${URL} -through-text=`)))[0]!.text).toBeUndefined();
  });

  test("without a URL in any -through is an error", () => {
    expect(problemsOf(`${THROUGH} -through tcp:1.1.1.1:80 -through-text up`)).toEqual([
      '-through-text "up": no -through is a URL, and only the answer of a URL has a text; add one, such as -through https://example.com/, or remove it',
    ]);
  });

  test("beside a -through that is faulty itself is not judged", () => {
    expect(problemsOf("-through https:a.example -through-text up")).toHaveLength(1);
  });
});

describe("-through-require", () => {
  test("is all or any", () => {
    const requirementIn = (line: string) => configOf(split(line)).gateways.map(({ requirement }) => requirement);
    expect(requirementIn(THROUGH)).toEqual(["all", "all"]);
    expect(requirementIn(`${THROUGH} -through-require any`)).toEqual(["any", "any"]);
    expect(problemsOf(`${THROUGH} -through-require some`)).toEqual(['-through-require "some": expected all or any']);
  });

  test("without effect brings a warning, which a second prober avoids", () => {
    expect(warningsOf(`${THROUGH} -through-only -through-require any`)).toEqual([
      "-through-require has no effect with a single prober; add a -through, or remove it",
    ]);
    expect(warningsOf(`${THROUGH} -through-require any`)).toEqual([]);
    expect(warningsOf(`${THROUGH} -through dns:9.9.9.9 -through-only -through-require any`)).toEqual([]);
  });
});

describe("-through-timeout", () => {
  test.each(["", "-through-timeout 5s", "-through-timeout 1ms", "-through-period 2s"])("%p is fine", (line) => {
    expect(problemsOf(`${THROUGH} ${line}`)).toEqual([]);
  });

  test("longer than -through-period is an error that names both", () => {
    expect(problemsOf(`${THROUGH} -through-timeout 90s -through-period 1500ms`)).toEqual([
      "-through-timeout 1m30s is longer than -through-period 1.5s: a round must end before the next one starts; raise -through-period to 1m30s or lower -through-timeout",
    ]);
    expect(problemsOf(`${THROUGH} -through-period 500ms`)).toHaveLength(1); // the default of 2 s
  });
});

describe("-exit-check", () => {
  test("given twice is an error, and so is a gateway as its host", () => {
    expect(problemsOf("-exit-check https://a.example/ -exit-check https://a.example")).toEqual([
      "-exit-check https://a.example/ is given twice; remove one",
    ]);
    expect(problemsOf("-exit-check http://10.0.0.2/ip")).toEqual([
      "-exit-check http://10.0.0.2/ip: its host is one of the gateways, and sees no packet that comes out beyond them; choose another",
    ]);
    expect(problemsOf("-exit-check http://10.0.9.2/")).toEqual([]);
  });

  test("holds one URL", () => {
    expect(problemsOf("-exit-check https://a.example/,https://b.example/")).toEqual([
      '-exit-check "https://a.example/,https://b.example/": expected one URL: set -exit-check again for another one',
    ]);
  });

  test("shows no password", () => {
    expect(problemsOf("-exit-check https://user:geheim@a.example/")).toEqual([
      expect.stringMatching(/^-exit-check "https:\/\/\.\.\.@a\.example\/": expected URLs such as/),
    ]);
  });
});

describe("-probe-rule-preference", () => {
  test("four before that of the managed table is fine, with a kill switch too", () => {
    expect(problemsOf(`${THROUGH} -probe-rule-preference 10884 -when-no-gateways unreachable`)).toEqual([]);
  });

  test.each([10_885, 10_888, 20_000])("%d leaves no room before that of the managed table", (preference) => {
    expect(problemsOf(`${THROUGH} -probe-rule-preference ${preference}`)).toEqual([
      `-probe-rule-preference ${preference}: the rules for probes need four preferences before -first-rule-preference 10888; choose one up to 10884, or raise the other`,
    ]);
  });

  test("without room for any is an error with the other remedy", () => {
    expect(problemsOf(`${THROUGH} -probe-rule-preference 1 -first-rule-preference 3`)).toEqual([
      "-probe-rule-preference 1: the rules for probes need four preferences before -first-rule-preference 3; raise the other",
    ]);
  });

  test.each(["0", "32763", "x"])("%s is out of range", (text) => {
    expect(problemsOf(`${THROUGH} -probe-rule-preference ${text}`)).toEqual([
      expect.stringContaining("expected a whole number from 1 to 32762"),
    ]);
  });
});

describe("-first-probe-table-id", () => {
  test.each([1, 253, 255])("%d would include a table of the kernel", (table) => {
    expect(problemsOf(`${THROUGH} -first-probe-table-id ${table}`)).toEqual([
      expect.stringMatching(/^-first-probe-table-id \d+: the 255 tables from there include 25[345], which is in use; /),
    ]);
  });

  test("must not include the managed table", () => {
    expect(problemsOf(`${THROUGH} -first-routing-table-id 18255`)).toEqual([
      "-first-probe-table-id 18001: the 255 tables from there include 18255, which is in use; choose another, such as 19001",
    ]);
    expect(problemsOf(`${THROUGH} -first-routing-table-id 18256`)).toEqual([]);
    expect(problemsOf(`${THROUGH} -first-routing-table-id 18000`)).toEqual([]);
  });
});

describe("flags about probes that are not made", () => {
  test.each([
    ["-through-need 2", "-through-need has no effect without -through; set -through, or remove it"],
    [
      "-through-period 1s -through-timeout 9s -through-only",
      "-through-period, -through-timeout, -through-only have no effect without -through; set -through, or remove them",
    ],
    ["-through-require any", "-through-require has no effect without -through; set -through, or remove it"],
    ["-through-text up", "-through-text has no effect without -through; set -through, or remove it"],
    ["-through-max-loss 20%:10%", "-through-max-loss has no effect without -through; set -through, or remove it"],
    ["-probe-mark 0xae000000", "-probe-mark has no effect without -through; set -through, or remove it"],
    [
      "-first-probe-table-id 100 -probe-rule-preference 20000",
      "-probe-rule-preference, -first-probe-table-id have no effect without -through; set -through, or remove them",
    ],
  ])("%s brings a warning", (line, warning) => {
    expect(warningsOf(line)).toEqual([warning]);
  });

  test("with their defaults, and with -through, bring none", () => {
    expect(warningsOf("-through-need 1 -through-period 5s -through-only=false -probe-mark 0xad000000")).toEqual([]);
    expect(warningsOf(`${THROUGH} -through-need 2 -through-max-latency 1s:500ms -probe-mark 0xae000000`)).toEqual([]);
  });

  test("bring none where questions for exits or look-ups of public addresses need them", () => {
    const places = "-probe-mark 0xae000000 -first-probe-table-id 300";
    expect(warningsOf(`-exit-check https://a.example/ -through-timeout 1s -exit-check-period 2m ${places}`)).toEqual(
      [],
    );
    expect(warningsOf(`-public-ip-service-hostname a.example -public-ip-required ${places}`)).toEqual([]);
    expect(warningsOf("-exit-check-period 2m")).toEqual([
      "-exit-check-period has no effect without -exit-check; set -exit-check, or remove it",
    ]);
  });

  test("that concern only the probes of the gateways bring a warning with -through-only", () => {
    expect(warningsOf(`${THROUGH} -through-only -rise 2 -check-period 10s`)).toEqual([
      "-check-period, -rise have no effect with -through-only; remove -through-only, or remove them",
    ]);
    expect(warningsOf(`${THROUGH} -rise 2 -check-period 10s`)).toEqual([]);
  });

  test("a limit of the latency that no answer reaches brings a warning", () => {
    expect(warningsOf(`${THROUGH} -through-max-latency 3s:1s`)).toEqual([
      "-through-max-latency has no effect with -through-timeout 2s: an answer that takes longer is lost; set a lower limit, or raise -through-timeout",
    ]);
  });

  test("a hold is compared with the period of the probes that are made", () => {
    expect(warningsOf(`${THROUGH} -through-only -flap-hold 4s`)).toEqual([
      expect.stringContaining("-flap-hold 4s is shorter than -through-period 5s"),
    ]);
    expect(warningsOf(`${THROUGH} -flap-hold 4s`)).toEqual([]);
  });
});
