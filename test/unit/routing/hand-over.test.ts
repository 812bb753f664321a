import { describe, expect, test } from "bun:test";

import { formatCidr } from "../../../src/net/cidr.ts";
import { destinationsOfBoth, formerPackets, selectorsOfBoth } from "../../../src/routing/hand-over.ts";
import { ALL_PACKETS, ruleSelectors, selectorText } from "../../../src/routing/selectors.ts";
import { cidrs, destinations, TABLE_REF } from "./plan.fixture.ts";

const from = (...networks: string[]) => ({ from: cidrs(...networks), in: [] });

describe("destinations of before and now", () => {
  const both = (former: Parameters<typeof destinations>[0], now: Parameters<typeof destinations>[0]) => {
    const { managed, excluded } = destinationsOfBoth(destinations(now), {
      destinations: destinations(former),
      selectors: [],
    });
    return { managed: managed.map(formatCidr), excluded: excluded.map(formatCidr) };
  };

  test("are all that were managed or are", () => {
    const { managed } = both({ managed: cidrs("8.0.0.0/8") }, { managed: cidrs("9.0.0.0/8") });
    expect(managed).toEqual(["9.0.0.0/8", "8.0.0.0/8"]);
  });

  test("do not yet exclude what went to the gateways", () => {
    expect(both({}, { excluded: cidrs("9.0.0.0/8") }).excluded).toEqual([]);
    expect(both({ reserved: cidrs("9.0.0.0/8") }, { excluded: cidrs("9.1.0.0/16") }).excluded).toEqual(["9.1.0.0/16"]);
    expect(both({ excluded: cidrs("9.0.0.0/8") }, { excluded: cidrs("9.1.0.0/16") }).excluded).toEqual(["9.1.0.0/16"]);
  });

  test("keep an exclusion within what is managed no more, and none within what is managed now", () => {
    const former = { managed: cidrs("8.0.0.0/8"), excluded: cidrs("8.1.0.0/16") };
    expect(both(former, { managed: cidrs("9.0.0.0/8") }).excluded).toEqual(["8.1.0.0/16"]);
    expect(both(former, { managed: cidrs("8.0.0.0/8") }).excluded).toEqual([]);
  });
});

describe("selectors of before and now", () => {
  const both = (...[now, selectors]: (typeof ALL_PACKETS)[]): string[] =>
    selectorsOfBoth(now, { destinations: destinations(), selectors: ruleSelectors(selectors!) }).map(selectorText);

  test("are those of both, without repeats", () => {
    expect(both(from("10.1.0.0/16", "10.2.0.0/16"), from("10.2.0.0/16", "10.3.0.0/16"))).toEqual([
      "from 10.3.0.0/16",
      "from 10.1.0.0/16",
      "from 10.2.0.0/16",
    ]);
  });

  test("have the one for all packets first: the kernel takes it for one with a source that stands", () => {
    expect(both(from("10.1.0.0/16"), ALL_PACKETS)).toEqual(["", "from 10.1.0.0/16"]);
    expect(both(ALL_PACKETS, from("10.1.0.0/16"))).toEqual([""]);
  });
});

test("a pool that is for the same packets gives none away", () => {
  const tableRef = { ...TABLE_REF, selectors: from("10.1.0.0/16") };
  const before = { destinations: destinations(), tableRef };
  expect(formerPackets(before, { destinations: destinations({ gateways: [] }), tableRef })).toBeUndefined();
  expect(formerPackets(before, { ...before, tableRef: TABLE_REF })).toMatchObject({
    selectors: [{ from: cidrs("10.1.0.0/16")[0]! }],
  });
});
