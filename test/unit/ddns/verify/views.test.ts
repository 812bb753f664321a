import { expect, test } from "bun:test";

import { differenceIn, type View } from "../../../../src/ddns/verify/views.ts";

const viewOf = (server: string, ...addresses: readonly string[]): View => ({ server, addresses });

test.each<[string, readonly View[], string | undefined]>([
  ["the addresses in another order", [viewOf("a", "1.0.0.2", "1.0.0.1")], undefined],
  ["an address twice", [viewOf("a", "1.0.0.2", "1.0.0.1", "1.0.0.1")], undefined],
  ["too few", [viewOf("a", "1.0.0.1")], "a shows 1.0.0.1 in place of 1.0.0.1, 1.0.0.2"],
  ["others", [viewOf("a", "1.0.0.3", "1.0.0.2")], "a shows 1.0.0.2, 1.0.0.3 in place of 1.0.0.1, 1.0.0.2"],
  ["none", [viewOf("a")], "a shows no address in place of 1.0.0.1, 1.0.0.2"],
  [
    "them at one of two servers",
    [viewOf("a", "1.0.0.1", "1.0.0.2"), viewOf("b")],
    "b shows no address in place of 1.0.0.1, 1.0.0.2",
  ],
  [
    "nothing at a server that is out of reach",
    [{ server: "a", error: "timeout after 5s" }],
    "a does not answer: timeout after 5s",
  ],
  ["nothing without servers", [], "no name server of the zone is known"],
])("servers that show %s", (_, views, difference) => {
  expect(differenceIn(views, ["1.0.0.1", "1.0.0.2"])).toBe(difference as string);
});

test("servers that show no address of a name that should have none", () => {
  expect(differenceIn([viewOf("a")], [])).toBeUndefined();
  expect(differenceIn([viewOf("a", "1.0.0.1")], [])).toBe("a shows 1.0.0.1 in place of no address");
});
