import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { destinationsOf } from "../../../src/config/destinations.ts";
import { type ParsedConfig, parseConfig } from "../../../src/config/parse.ts";
import { formatCidr } from "../../../src/net/cidr.ts";
import { failureText } from "../../../src/text/failure.ts";

function judge(line: string, environment: Record<string, string> = {}, partial = false): ParsedConfig {
  const { values, problems } = parseArguments(line.split(" ").filter(Boolean));
  expect(problems).toEqual([]);
  return parseConfig(values, { environment, readFile: () => "", ...(partial && { partial }) });
}

function poolOf(line: string, environment?: Record<string, string>) {
  const parsed = judge(line, environment);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config.pools[0];
}

const problemsOf = (line: string, environment?: Record<string, string>): readonly string[] => {
  const parsed = judge(line, environment);
  return parsed.ok ? [] : parsed.problems;
};

const warningsOf = (line: string): readonly string[] => {
  const parsed = judge(line);
  return parsed.ok ? parsed.warnings.map(failureText) : [`problems: ${parsed.problems.join()}`];
};

const RANGE = "-start-ip 10.0.0.1 -end-ip 10.0.0.3";

/** So many gateways outside of the range. */
const gateways = (count: number): string =>
  Array.from({ length: count }, (_, index) => `-gateway 10.9.${index >> 8}.${index & 255}`).join(" ");

describe("the members of a pool", () => {
  test("of a range alone are its addresses, without names and all alike", () => {
    const { members, gateways } = poolOf("-start-ip 10.0.0.1 -end-ip 10.0.0.2");
    expect(members).toEqual([
      { gateway: "10.0.0.1", weight: 1, tier: 1 },
      { gateway: "10.0.0.2", weight: 1, tier: 1 },
    ]);
    expect(gateways).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  test("of -gateway alone are in the order given, in any networks", () => {
    const line = "-gateway norway=10.9.0.1,weight=3 -gateway 192.168.1.9 -gateway lte=10.0.0.7,tier=2";
    expect(poolOf(line).members).toEqual([
      { gateway: "10.9.0.1", name: "norway", weight: 3, tier: 1 },
      { gateway: "192.168.1.9", weight: 1, tier: 1 },
      { gateway: "10.0.0.7", name: "lte", weight: 1, tier: 2 },
    ]);
  });

  test("of both are the range first, in which -gateway adds to the member that is there", () => {
    const line = `-gateway lte=10.9.0.1 ${RANGE} -gateway sweden=10.0.0.2,weight=2 -gateway 10.0.0.0`;
    const { members, gateways } = poolOf(line);
    expect(members).toEqual([
      { gateway: "10.0.0.1", weight: 1, tier: 1 },
      { gateway: "10.0.0.2", name: "sweden", weight: 2, tier: 1 },
      { gateway: "10.0.0.3", weight: 1, tier: 1 },
      { gateway: "10.9.0.1", name: "lte", weight: 1, tier: 1 },
      { gateway: "10.0.0.0", weight: 1, tier: 1 },
    ]);
    expect(gateways).toEqual(members.map(({ gateway }) => gateway));
  });

  test("keep their order when they get names, and when a gateway is appended", () => {
    const before = poolOf(`${RANGE} -gateway 10.9.0.9`).gateways;
    expect(poolOf(`${RANGE} -gateway z=10.0.0.1 -gateway 10.9.0.9 -gateway a=10.0.0.3`).gateways).toEqual(before);
    expect(poolOf(`${RANGE} -gateway 10.9.0.9 -gateway 10.0.0.0`).gateways).toEqual([...before, "10.0.0.0"]);
    expect(poolOf("-gateway 10.0.0.1 -gateway 10.0.0.2 -gateway 10.0.0.3").gateways).toEqual(poolOf(RANGE).gateways);
  });

  test("can come from the variable, parted by spaces, which a flag replaces", () => {
    const environment = { GRM_GATEWAY: " sweden=10.0.0.1,weight=2  norway=10.0.0.2\n" };
    expect(poolOf("", environment).members.map(({ name }) => name)).toEqual(["sweden", "norway"]);
    expect(poolOf("-gateway 10.0.0.9", environment).gateways).toEqual(["10.0.0.9"]);
  });

  test("are all excluded from the routes, by the fewest networks that hold exactly them", () => {
    const pool = poolOf("-start-ip 10.0.0.2 -end-ip 10.0.0.5 -gateway 10.0.0.6 -gateway 192.168.1.1 -gateway 10.0.0.7");
    expect(destinationsOf(pool, pool.gateways).gateways.map(formatCidr)).toEqual([
      "10.0.0.2/31",
      "10.0.0.4/30",
      "192.168.1.1/32",
    ]);
  });
});

describe("a range", () => {
  test("is not required with -gateway", () => {
    expect(problemsOf("-gateway 10.0.0.1")).toEqual([]);
  });

  test.each([
    [
      "-start-ip 10.0.0.1",
      "-end-ip is required with -start-ip: a range has both, and -gateway is for single gateways (or set GRM_END_IP)",
    ],
    [
      "-end-ip 10.0.0.1 -gateway 10.0.0.9",
      "-start-ip is required with -end-ip: a range has both, and -gateway is for single gateways (or set GRM_START_IP)",
    ],
  ])("needs both ends: %s", (line, problem) => {
    expect(problemsOf(line)).toEqual([problem]);
  });

  test("may have its ends from different sources", () => {
    expect(poolOf("-end-ip 10.0.0.1", { GRM_START_IP: "10.0.0.1" }).gateways).toEqual(["10.0.0.1"]);
  });

  test.each(["-start-ip 10.0.0 -end-ip 10.0.0.1", "-start-ip 10.0.0.1 -end-ip x"])(
    "with an end that is faulty itself does not lack it: %s",
    (line) => {
      expect(problemsOf(line)).toEqual([expect.stringContaining("expected an IPv4 address")]);
    },
  );
});

describe("without any gateway", () => {
  const problem =
    "no gateways: set -start-ip and -end-ip to a range, or -gateway to each of them (or GRM_START_IP and GRM_END_IP, or GRM_GATEWAY)";

  test("one problem names all flags that give some", () => {
    expect(problemsOf("")).toEqual([problem]);
    expect(problemsOf("", { GRM_GATEWAY: "" })).toEqual([problem]);
  });

  test("a faulty -gateway is the only problem", () => {
    expect(problemsOf("-gateway x")).toEqual([expect.stringMatching(/^-gateway "x": expected an IPv4 address, /)]);
  });

  test("a command that needs none has no problem, nor with one end of the range", () => {
    for (const line of ["", "-start-ip 10.0.0.1", "-end-ip 10.0.0.1"]) {
      expect(judge(line, {}, true)).toMatchObject({ ok: true, config: { pools: [{ members: [], gateways: [] }] } });
    }
  });
});

describe("two -gateway", () => {
  test.each([
    [
      "-gateway sweden=10.9.0.1 -gateway norway=10.9.0.1,tier=2",
      "-gateway sweden=10.9.0.1 and -gateway norway=10.9.0.1,tier=2 have one address, 10.9.0.1; remove one",
    ],
    [
      "-gateway 10.0.0.1 -gateway sweden=10.0.0.1",
      "-gateway 10.0.0.1 and -gateway sweden=10.0.0.1 have one address, 10.0.0.1; remove one",
    ],
    ["-gateway a=10.9.0.1 -gateway a=10.9.0.1", "-gateway a=10.9.0.1 is given twice; remove one"],
    [
      "-gateway sweden=10.9.0.1 -gateway sweden=10.9.0.2,weight=2",
      "-gateway sweden=10.9.0.1 and -gateway sweden=10.9.0.2,weight=2 have one name; rename one",
    ],
  ])("%s are an error that names both", (line, problem) => {
    expect(problemsOf(`${RANGE} ${line}`)).toEqual([problem]);
    expect(problemsOf(line)).toEqual([problem]);
  });

  test("may differ in the case of their names", () => {
    expect(problemsOf("-gateway Sweden=10.9.0.1 -gateway sweden=10.9.0.2")).toEqual([]);
  });

  test("are compared even if there are thousands", () => {
    const many = Array.from({ length: 50_000 }, () => "a=10.0.0.1").join(" ");
    expect(problemsOf("", { GRM_GATEWAY: many })).toHaveLength(49_999);
  });
});

describe("the number of gateways", () => {
  test("is limited to 160, however they are given", () => {
    expect(poolOf(gateways(160)).members).toHaveLength(160);
    expect(poolOf(`${RANGE} ${gateways(157)} -gateway a=10.0.0.1`).members).toHaveLength(160);
    expect(problemsOf(gateways(161))).toEqual([
      "-gateway: 161 gateways, but one route holds at most 160 (iproute2 cannot list larger ones); leave some out",
    ]);
    expect(problemsOf(`${RANGE} ${gateways(158)}`)).toEqual([
      "-start-ip 10.0.0.1 -end-ip 10.0.0.3: 3 gateways, and 158 more by -gateway, but one route holds at most 160 (iproute2 cannot list larger ones); leave some out",
    ]);
  });

  test("too large a range is the only problem", () => {
    expect(problemsOf("-start-ip 10.0.0.1 -end-ip 10.0.1.1 -gateway 10.9.0.1")).toEqual([
      expect.stringContaining("narrow the range"),
    ]);
  });

  test("bounds -min-healthy", () => {
    expect(problemsOf("-gateway 10.9.0.1 -gateway 10.9.0.2 -min-healthy 2")).toEqual([]);
    expect(problemsOf("-gateway 10.9.0.1 -min-healthy 2")).toEqual(["-min-healthy 2: of only 1 gateway; lower it"]);
    expect(problemsOf(`${RANGE} -gateway 10.9.0.1 -gateway b=10.0.0.2 -min-healthy 5`)).toEqual([
      "-min-healthy 5: of only 4 gateways; lower it",
    ]);
    expect(problemsOf(`${RANGE} -gateway b=10.0.0.2 -min-healthy 4`)).toEqual([
      "-min-healthy 4: the range has only 3 gateways; lower it",
    ]);
  });

  test.each([`${RANGE} -gateway x`, "-gateway 10.9.0.1 -start-ip 10.0.0.1", "-start-ip x -end-ip 10.0.0.1"])(
    "is not compared with -min-healthy where it is not known: %s",
    (line) => {
      expect(problemsOf(`${line} -min-healthy 99`)).toHaveLength(1);
    },
  );
});

describe("-through", () => {
  test.each(["icmp:10.9.0.1", "tcp:10.0.0.2:80", "http://10.9.0.1/"])("with a gateway as a target: %s", (target) => {
    const problem = expect.stringMatching(/^-through with the target \S+: it is one of the gateways/);
    expect(problemsOf(`${RANGE} -gateway lte=10.9.0.1 -through ${target}`)).toEqual([problem]);
  });

  test("with a target between gateways is fine", () => {
    expect(problemsOf("-gateway 10.0.0.1 -gateway 10.0.0.3 -through icmp:10.0.0.2")).toEqual([]);
  });
});

describe("a -gateway in the range", () => {
  test("that adds nothing is called useless", () => {
    expect(warningsOf(`${RANGE} -gateway 10.0.0.2 -gateway 10.9.0.1`)).toEqual([
      "-gateway 10.0.0.2 has no effect: the range has it already; add a name, a weight or a tier, or remove it",
    ]);
    expect(warningsOf(`${RANGE} -gateway 10.0.0.2,weight=1`)).toEqual([]);
  });
});
