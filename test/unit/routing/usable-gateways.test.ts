import { expect, test } from "bun:test";

import { usableAmong } from "../../../src/pool/select.ts";
import { UsableGateways } from "../../../src/routing/usable-gateways.ts";

function setUp() {
  const seen: string[] = [];
  const usable = new UsableGateways(() => seen.push(usable.gateways.join()));
  return { usable, seen };
}

test("a gateway counts once the kernel follows the decision with it, and no longer from a decision without it on", () => {
  const { usable, seen } = setUp();
  usable.decided(["a", "b"]);
  expect(usable.gateways).toEqual([]);
  usable.followed(false);
  usable.decided(["b", "c"]);
  usable.followed(false);
  expect(seen).toEqual(["a,b", "b", "b,c"]);
});

test("none counts while an entry of another program keeps packets from the gateways", () => {
  const { usable, seen } = setUp();
  usable.decided(["a"]);
  usable.followed(true);
  expect(usable.gateways).toEqual([]);
  usable.followed(false);
  usable.followed(true);
  expect(seen).toEqual(["", "a", ""]);
});

test("none counts while other programs take all packets", () => {
  const { usable, seen } = setUp();
  usable.decided(["a"]);
  usable.followed(false);
  usable.diverted(true);
  usable.diverted(false);
  expect(seen).toEqual(["a", "", "a"]);
});

test("none counts from the beginning of a stop on, whatever is still decided", () => {
  const { usable, seen } = setUp();
  usable.decided(["a"]);
  usable.followed(false);
  usable.end();
  usable.decided(["a", "b"]);
  usable.followed(false);
  expect(seen).toEqual(["a", ""]);
});

test("that none is usable is reported once it is known, and what stays the same not again", () => {
  const { usable, seen } = setUp();
  usable.decided([]);
  expect([usable.isKnown, seen]).toEqual([false, []]);
  usable.followed(false);
  usable.diverted(true);
  expect([usable.isKnown, seen]).toEqual([true, [""]]);
});

test("usable are gateways that are up, and neither drained, held nor unfit as nexthops", () => {
  const state = { healthy: new Set(["a", "b", "c", "d"]), drained: new Set(["b", "x"]) };
  expect([...usableAmong(state, ["c"], new Set(["d"]))]).toEqual(["a"]);
  expect([...usableAmong({ healthy: new Set(["a"]) }, [], new Set())]).toEqual(["a"]);
});
