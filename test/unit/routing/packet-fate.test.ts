import { expect, test } from "bun:test";

import { type Behind, fateText, fateWithoutGateways, type PacketFate } from "../../../src/routing/packet-fate.ts";
import type { WhenNoGateways } from "../../../src/routing/kill-switch.ts";

test.each<[WhenNoGateways, Behind, string]>([
  ["fall-through", "tables", "takes the normal routing tables"],
  ["fall-through", "pool", "takes the next pool or the normal routing tables"],
  ["keep", "tables", "keeps its last routes, whose gateways are down"],
  ["unreachable", "tables", "is rejected (unreachable)"],
  ["prohibit", "pool", "is rejected (prohibit)"],
  ["blackhole", "tables", "is dropped (blackhole)"],
])("without gateways and with -when-no-gateways %s before the %s, traffic %s", (when, behind, text) => {
  expect(fateText(fateWithoutGateways(when), behind)).toBe(text);
});

test.each<[PacketFate, string]>([
  [{ kind: "spread", gateways: 3 }, "is spread over 3 gateways"],
  [{ kind: "spread", gateways: 1 }, "goes to one gateway"],
  [{ kind: "diverted" }, "is taken by another program's rule or route"],
  [{ kind: "unknown" }, "is not known: the kernel was not read yet"],
])("traffic of the fate %j %s", (fate, text) => {
  expect(fateText(fate)).toBe(text);
});
