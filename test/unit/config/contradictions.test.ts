import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { type ParsedConfig, parseConfig } from "../../../src/config/parse.ts";
import { failureText } from "../../../src/text/failure.ts";

/** Judges a command line that has a range already. */
function judge(line: string, environment: Record<string, string> = {}): ParsedConfig {
  const words = ["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2", ...line.split(" ").filter(Boolean)];
  const { values, problems } = parseArguments(words);
  expect(problems).toEqual([]);
  const readFile = (): never => {
    throw new Error("no such file");
  };
  return parseConfig(values, { environment, readFile });
}

const problemsOf = (line: string, environment?: Record<string, string>): readonly string[] => {
  const parsed = judge(line, environment);
  return parsed.ok ? [] : parsed.problems;
};

const warningsOf = (line: string): readonly string[] => {
  const parsed = judge(line);
  return parsed.ok ? parsed.warnings.map(failureText) : [`problems: ${parsed.problems.join()}`];
};

describe("-timeout and -check-period", () => {
  test.each(["-timeout 3s", "-timeout 2s -check-period 2s", "-timeout 1ms -check-period 24h"])("%s is fine", (line) => {
    expect(problemsOf(line)).toEqual([]);
  });

  test.each(["-timeout 3001ms", "-check-period 999ms", "-timeout 2s -check-period 1s"])("%s is an error", (line) => {
    const problems = problemsOf(line);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("-timeout");
    expect(problems[0]).toContain("-check-period");
  });

  test("both values are named, as Go writes them", () => {
    expect(problemsOf("-timeout 90s -check-period 1500ms")[0]).toMatch(/-timeout 1m30s .*-check-period 1\.5s/);
  });

  test.each([
    "-timeout 1m30s -check-period 1.5m",
    "-timeout 246s -check-period 4.1m",
    "-timeout 16.1s -check-period 16100ms",
  ])("%s are equal, however they are written", (line) => {
    expect(problemsOf(line)).toEqual([]);
  });

  test("100us is a duration like any other", () => {
    expect(judge("-timeout 100us")).toMatchObject({ ok: true, config: { probes: [{ timeout: 0.1 }] } });
  });
});

describe("-fast-check-period", () => {
  test("up to -check-period is fine, and -timeout may be longer", () => {
    expect(problemsOf("-fast-check-period 3s")).toEqual([]);
    expect(problemsOf("-fast-check-period 100ms -timeout 2s -fall 3")).toEqual([]);
  });

  test("longer than -check-period is an error that names both", () => {
    expect(problemsOf("-fast-check-period 1500ms -check-period 1s")).toEqual([
      expect.stringMatching(/-fast-check-period 1\.5s .*-check-period 1s: .*lower it/),
    ]);
  });

  test("is called useless where one probe decides anyway", () => {
    expect(warningsOf("-fast-check-period 1s")).toEqual([expect.stringContaining("-rise and -fall are 1")]);
    expect(warningsOf("-fast-check-period 1s -fall 2")).toEqual([]);
    expect(warningsOf("-fast-check-period 1s -rise 2")).toEqual([]);
  });
});

describe("-flap-hold", () => {
  test.each(["0", "0s", "30s", "1h"])("%s is fine", (text) => {
    expect(problemsOf(`-flap-hold ${text}`)).toEqual([]);
  });

  test.each(["61m", "-1s", "30", "off"])("%s is an error that says what to write", (text) => {
    expect(problemsOf(`-flap-hold=${text}`)).toEqual([expect.stringMatching(/-flap-hold .*expected a duration/)]);
  });

  test("so short that no gateway is back before its end brings a warning", () => {
    expect(warningsOf("-flap-hold 2s")).toEqual([expect.stringMatching(/-flap-hold 2s .*-check-period 3s/)]);
    expect(warningsOf("-flap-hold 3s")).toEqual([]);
  });
});

describe("-min-healthy", () => {
  test.each([0, 1, 2])("%d of two gateways is fine", (count) => {
    expect(judge(`-min-healthy ${count}`)).toMatchObject({ ok: true, warnings: [] });
  });

  test("more than the range has is an error that names both", () => {
    expect(problemsOf("-min-healthy 3")).toEqual([expect.stringMatching(/-min-healthy 3: .*only 2 gateways/)]);
    expect(problemsOf("-min-healthy 3 -end-ip 10.0.0.1")).toEqual([expect.stringContaining("only 1 gateway;")]);
  });

  test("a range that is wrong itself is the only problem that is reported", () => {
    expect(problemsOf("-min-healthy 3 -end-ip 9.0.0.1")).toEqual([expect.stringContaining("swap them")]);
  });

  test("a policy without a number is called useless", () => {
    expect(warningsOf("-min-healthy-policy none")).toEqual([expect.stringContaining("without -min-healthy")]);
    expect(warningsOf("-min-healthy-policy none -min-healthy 1")).toEqual([]);
  });
});

describe("-when-no-gateways", () => {
  test.each(["fall-through", "keep"])("%s leaves the last preference to choose", (mode) => {
    expect(problemsOf(`-when-no-gateways ${mode} -first-rule-preference 32765`)).toEqual([]);
  });

  test.each(["unreachable", "PROHIBIT", "blackhole"])("%s needs room for three rules more", (mode) => {
    expect(problemsOf(`-when-no-gateways ${mode} -first-rule-preference 32762`)).toEqual([]);
    expect(problemsOf(`-when-no-gateways ${mode} -first-rule-preference 32763`)).toEqual([
      expect.stringMatching(/-first-rule-preference 32763: .*three preferences after it.*choose one up to 32762/),
    ]);
  });

  test("names all modes when it is given another one", () => {
    expect(problemsOf("-when-no-gateways drop")).toEqual([
      expect.stringContaining("expected fall-through, unreachable, prohibit, blackhole or keep"),
    ]);
  });
});

describe("the credentials of the public IP service", () => {
  test.each(["-public-ip-service-username u", "-public-ip-service-password p"])("%s alone is an error", (line) => {
    const problems = problemsOf(line);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("-public-ip-service-username");
    expect(problems[0]).toContain("-public-ip-service-password");
  });

  test("both together are fine, the password from the environment too", () => {
    expect(problemsOf("-public-ip-service-username u -public-ip-service-password p")).toEqual([]);
    expect(problemsOf("-public-ip-service-username u", { PUBLIC_IP_SERVICE_PASSWORD: "p" })).toEqual([]);
  });
});

describe("-ddns-provider", () => {
  test("with password and host name is fine", () => {
    expect(problemsOf("-ddns-provider dynudns -ddns-password p -ddns-hostname a.example")).toEqual([]);
    expect(problemsOf("-ddns-provider dynudns -ddns-hostname a.example", { DDNS_PASSWORD: "p" })).toEqual([]);
  });

  test("without a password", () => {
    expect(problemsOf("-ddns-provider dynudns -ddns-hostname a.example")).toEqual([
      expect.stringContaining("-ddns-password"),
    ]);
  });

  test("without a host name", () => {
    expect(problemsOf("-ddns-provider dynudns -ddns-password p")).toEqual([expect.stringContaining("-ddns-hostname")]);
  });

  test("without both: two problems at once", () => {
    expect(problemsOf("-ddns-provider dynudns")).toHaveLength(2);
  });

  test("missing, the other DDNS flags are fine", () => {
    expect(problemsOf("-ddns-password p -ddns-hostname a.example -ddns-timeout 5s")).toEqual([]);
  });
});

describe("a faulty option is not called missing as well", () => {
  test("-ddns-hostname", () => {
    expect(problemsOf("-ddns-provider dynudns -ddns-password p -ddns-hostname a..b")).toEqual([
      expect.stringContaining('"a..b"'),
    ]);
  });

  test("-ddns-password from a file that can't be read", () => {
    const environment = { DDNS_PASSWORD_FILE: "/missing" };
    expect(problemsOf("-ddns-provider dynudns -ddns-hostname a.example", environment)).toEqual([
      expect.stringContaining("/missing"),
    ]);
  });

  test("-public-ip-service-password from a file that can't be read", () => {
    const environment = { PUBLIC_IP_SERVICE_PASSWORD_FILE: "/missing" };
    expect(problemsOf("-public-ip-service-username u", environment)).toEqual([expect.stringContaining("/missing")]);
  });

  test("-timeout", () => {
    expect(problemsOf("-timeout abc -check-period 1ms")).toEqual([expect.stringContaining('"abc"')]);
  });
});

describe("-first-routing-table-id", () => {
  test.each([253, 254, 255])("%d is the kernel's own table", (table) => {
    expect(problemsOf(`-first-routing-table-id ${table}`)).toEqual([expect.stringContaining(String(table))]);
  });

  test.each([1, 180, 252, 256, 4_294_967_294])("%d is fine", (table) => {
    expect(problemsOf(`-first-routing-table-id ${table}`)).toEqual([]);
  });
});

describe("-exclude-cidr and -route", () => {
  test("an exclusion inside a route is what exclusions are for", () => {
    expect(warningsOf("-route 1.0.0.0/8 -exclude-cidr 1.2.3.4/32")).toEqual([]);
  });

  test("one of several routes excluded: a warning names both", () => {
    expect(warningsOf("-route 1.2.0.0/16 -route 2.0.0.0/8 -exclude-cidr 1.0.0.0/8")).toEqual([
      expect.stringMatching(/1\.2\.0\.0\/16.*1\.0\.0\.0\/8/),
    ]);
  });

  test.each(["-exclude-cidr 0.0.0.0/0", "-route 1.2.0.0/16,2.0.0.0/8 -exclude-cidr 1.0.0.0/8,2.0.0.0/8"])(
    "every route excluded is an error: %s",
    (line) => {
      expect(problemsOf(line)).toEqual([expect.stringContaining("-exclude-cidr")]);
    },
  );

  test("the reserved ranges do not count: -route 10.0.0.0/8 is a documented example", () => {
    expect(warningsOf("-route 10.0.0.0/8")).toEqual([]);
  });
});

describe("-exclude-cidr with a kill switch", () => {
  /** So many networks that are not neighbours. */
  const networks = (count: number): string =>
    Array.from({ length: count }, (_, index) => `20.${index >> 8}.${index & 255}.0/25`).join(",");

  test.each([
    ["unreachable", 2000],
    ["fall-through", 6000],
    ["keep", 6000],
  ])("%s and %d networks are fine", (mode, count) => {
    expect(problemsOf(`-when-no-gateways ${mode} -exclude-cidr ${networks(count)}`)).toEqual([]);
  });

  test.each(["unreachable", "prohibit", "blackhole"])("%s and 2001 networks are an error with the remedies", (mode) => {
    expect(problemsOf(`-when-no-gateways ${mode} -exclude-cidr ${networks(2001)}`)).toEqual([
      `-exclude-cidr with -when-no-gateways ${mode}: 2001 networks, but the kill switch has a rule for each, with which packets to them are compared one by one, and 2000 is the most; join neighbouring networks, or let packets to them bypass the gateways by a mark (gateway-route-manager help exclusions)`,
    ]);
  });

  test("counts a network inside another one, and one outside of all routes, not at all", () => {
    const inside = Array.from({ length: 3000 }, (_, index) => `20.0.${index >> 8}.${index & 255}/32`).join(",");
    expect(problemsOf(`-when-no-gateways unreachable -exclude-cidr 20.0.0.0/16,${inside}`)).toEqual([]);
    expect(problemsOf(`-when-no-gateways unreachable -route 1.0.0.0/8 -exclude-cidr ${networks(3000)}`)).toEqual([]);
  });
});
