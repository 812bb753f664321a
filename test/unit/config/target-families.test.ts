import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { type BeyondProbe, beyondProbes } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { FAMILIES } from "../../../src/net/address.ts";
import { asksIn, targetsIn } from "../../../src/config/target-families.ts";

function judge(line: string) {
  const { values, problems } = parseArguments(line.split(" "));
  expect(problems).toEqual([]);
  return parseConfig(values, { environment: {}, readFile: () => "" });
}

const problemsOf = (line: string): readonly string[] => {
  const parsed = judge(line);
  return parsed.ok ? [] : parsed.problems;
};

const probesIn = (line: string): readonly BeyondProbe[] => {
  const parsed = judge(line);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return beyondProbes(parsed.config);
};

/** The families in which each probe beyond the gateways asks. */
function familiesAsked(line: string): number[][] {
  const parsed = judge(line);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const { config } = parsed;
  return beyondProbes(config).map((probe) => FAMILIES.filter((family) => asksIn(probe, family, config)));
}

const DUAL = "-gateway 192.168.1.10+fd00::10";
const BOTH = "-route default,default6";

describe("a probe beyond gateways of both families", () => {
  test("asks each family for targets of its own, and for names in both", () => {
    const line = `${DUAL} ${BOTH} -through icmp:1.1.1.1,2606:4700:4700::1111,9.9.9.9 -through https://a.example/,https://[2620:fe::fe]/`;
    const names = probesIn(line).map((probe) =>
      ([4, 6] as const).map((family) => [...targetsIn(probe, family).keys()]),
    );
    expect(names).toEqual([
      [["1.1.1.1", "9.9.9.9"], ["2606:4700:4700::1111"]],
      [["https://a.example/"], ["https://a.example/", "https://[2620:fe::fe]/"]],
    ]);
  });

  test("may ask one of them alone, where another one asks the other", () => {
    const line = `${DUAL} ${BOTH} -through icmp:1.1.1.1 -through tcp:[2606:4700:4700::1111]:443`;
    expect(familiesAsked(line)).toEqual([[4], [6]]);
  });

  test("asks nothing in a family that is not routed, or rejected alone", () => {
    const through = "-through icmp:1.1.1.1,2606:4700:4700::1111 -through https://a.example/";
    expect(familiesAsked(`${DUAL} -route default ${through}`)).toEqual([[4], [4]]);
    expect(familiesAsked(`${DUAL} -route default -when-no-gateways unreachable -block-ipv6 ${through}`)).toEqual([
      [4],
      [4],
    ]);
  });

  test.each([
    ["icmp:1.1.1.1,9.9.9.9", 6, "icmp:1.1.1.1,9.9.9.9,2606:4700:4700::1111", "fd00::10"],
    ["tcp:1.1.1.1:443", 6, "tcp:1.1.1.1:443,[2606:4700:4700::1111]:443", "fd00::10"],
    ["dns:2620:fe::fe", 4, "dns:2620:fe::fe,1.1.1.1", "192.168.1.10"],
    ["https://1.1.1.1/", 6, "https://1.1.1.1/,https://[2606:4700:4700::1111]/", "fd00::10"],
  ])("needs a target of each family: %s has none of IPv%d", (through, family, example, address) => {
    expect(problemsOf(`${DUAL} ${BOTH} -through ${through}`)).toEqual([
      `-through ${through}: no target is of IPv${family}, so nothing beyond gateways such as ${address} is asked; add one, as in -through ${example}`,
    ]);
  });

  test("needs enough targets of each family", () => {
    const through = "icmp:1.1.1.1,9.9.9.9,2606:4700:4700::1111";
    expect(problemsOf(`${DUAL} ${BOTH} -through ${through} -through-need 2`)).toEqual([
      `-through-need 2: -through ${through} has only 1 target of IPv6; lower it, or add targets`,
    ]);
    expect(problemsOf(`${DUAL} ${BOTH} -through ${through} -through-need 1`)).toEqual([]);
  });

  test.each([
    ["that routes IPv4 alone", `${DUAL} -route default -through icmp:1.1.1.1`],
    ["that has gateways of IPv6 alone", "-gateway fd00::10 -route default6 -through icmp:2606:4700:4700::1111"],
    ["whose gateways are asked themselves alone", `${DUAL} ${BOTH}`],
  ])("needs no targets of a family in a pool %s", (_, line) => {
    expect(problemsOf(line)).toEqual([]);
  });
});

test("an exit check without a service for a routed family is warned of", () => {
  const warningsOf = (line: string): readonly string[] => {
    const parsed = judge(line);
    return parsed.ok ? parsed.warnings.map(({ detail, remedy }) => `${detail}; ${remedy}`) : parsed.problems;
  };
  expect(warningsOf(`${DUAL} ${BOTH} -exit-check https://1.1.1.1/`)).toEqual([
    "-exit-check: all services have addresses of IPv4, so no leak of IPv6 is found; add a service with a name, or with an address of IPv6",
  ]);
  expect(warningsOf(`${DUAL} ${BOTH} -exit-check https://1.1.1.1/ -exit-check https://a.example/`)).toEqual([]);
  expect(warningsOf(`${DUAL} -route default,default6 -exit-check https://[2620:fe::fe]/`)).toHaveLength(1);
});
