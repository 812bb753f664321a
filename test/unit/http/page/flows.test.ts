import { expect, test } from "bun:test";

import { axisOf, groupRoutes, describeShares } from "../../../../src/http/page/flows.ts";
import type { Route } from "../../../../src/status/schema.ts";
import { textsOf } from "../../../../src/text/gateway.ts";

const route = (destination: string, parts: readonly number[], type = "unicast"): Route => ({
  destination,
  type,
  metric: 0,
  nexthops: parts.map((_, index) => ({ gateway: `10.0.0.${index + 1}`, device: "eth0", weight: 1 })),
  shares: parts.map((share, index) => ({ gateway: `10.0.0.${index + 1}`, share })),
});

test("routes with the same shares are grouped", () => {
  const groups = groupRoutes([
    route("1.0.0.0/8", [0.5, 0.5]),
    route("2.0.0.0/8", [0.5, 0.5]),
    route("3.0.0.0/8", [0.75, 0.25]),
  ]);
  expect(groups.map(({ destinations, description }) => [destinations, description])).toEqual([
    [["1.0.0.0/8", "2.0.0.0/8"], "2 gateways, 50.0 % each"],
    [["3.0.0.0/8"], "10.0.0.1 75.0 %, 10.0.0.2 25.0 %"],
  ]);
  expect(new Set(groups.map(({ key }) => key)).size).toBe(2);
});

test("a reject route has its type in its description, also a type that this version does not know", () => {
  for (const type of ["unreachable", "blackhole", "tarpit"]) {
    const [group] = groupRoutes([route("0.0.0.0/0", [], type)]);
    expect(group).toMatchObject({ rejectType: type, shares: [], description: `${type}: packets are not forwarded` });
  }
  expect(groupRoutes([])).toEqual([]);
});

test("a reject route behind a route with nexthops is not shown", () => {
  const groups = groupRoutes([
    route("1.0.0.0/8", [1]),
    route("1.0.0.0/8", [], "unreachable"),
    route("2.0.0.0/8", [], "unreachable"),
  ]);
  expect(groups.map(({ destinations, rejectType }) => [destinations, rejectType])).toEqual([
    [["1.0.0.0/8"], null],
    [["2.0.0.0/8"], "unreachable"],
  ]);
});

test("up to eight gateways are listed, more are counted", () => {
  const shares = (parts: readonly number[]) => route("0.0.0.0/0", parts).shares;
  expect(describeShares(shares([]))).toBe("no gateway");
  expect(describeShares(shares([1]))).toBe("all to 10.0.0.1");
  expect(describeShares(shares(Array.from({ length: 100 }, () => 0.01)))).toBe("100 gateways, 1.0 % each");
  expect(describeShares(shares([...Array.from({ length: 8 }, () => 0.1), 0.2]))).toBe(
    "9 gateways, 10.0 % to 20.0 % each",
  );
});

test("gateways with names are listed by name and address", () => {
  const textOf = textsOf([{ address: "10.0.0.1", name: "sweden" }]);
  const [one, two] = groupRoutes([route("1.0.0.0/8", [1]), route("2.0.0.0/8", [0.75, 0.25])], textOf);
  expect(one!.description).toBe("all to sweden (10.0.0.1)");
  expect(two!.description).toBe("sweden (10.0.0.1) 75.0 %, 10.0.0.2 25.0 %");
});

test("the names below a bar are those of the parts that stand there, each once", () => {
  const sharesOf = (...parts: number[]) => route("0.0.0.0/0", parts).shares;
  const numbersOf = (shares: Route["shares"], places: number) =>
    axisOf(shares, places).map((one) => one && Number(one.split(".")[3]));
  expect(numbersOf(sharesOf(...Array.from({ length: 40 }, () => 1 / 40)), 3)).toEqual([7, 21, 34]);
  expect(numbersOf(sharesOf(0.5, 0.5), 8)).toEqual([1, 2]);
  expect(numbersOf(sharesOf(0.8, 0.1, 0.1), 3)).toEqual([1, null, 2]);
  expect(numbersOf(sharesOf(), 3)).toEqual([]);
});
