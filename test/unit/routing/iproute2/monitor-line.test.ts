import { describe, expect, test } from "bun:test";

import { readMonitorLine } from "../../../../src/routing/iproute2/monitor-line.ts";

describe("monitor lines", () => {
  test.each([
    ["[ROUTE]Deleted default table 180 proto 173 \\\tnexthop via 10.0.0.11 dev v0 weight 1", "table"],
    ["[ROUTE]throw 10.0.0.0/8 table 180 proto 173", "table"],
    ["[ROUTE]default via 10.0.0.1 dev v0 table 1800", "elsewhere"],
    ["[ROUTE]default via 10.0.0.1 dev v0", "elsewhere"],
    ["[RULE]Deleted 10888:\tfrom all lookup 180 proto 173", "table"],
    ["[LINK]3: v0@v1: <BROADCAST,MULTICAST> mtu 1500", "links"],
    ["[ADDR]Deleted 3: v0    inet 10.0.0.1/24 scope global v0", "links"],
    ["netlink receive error No buffer space available (105)", "overflow"],
    ["", undefined],
    ["Dump terminated", undefined],
  ])("%p means %p", (line, signal) => {
    expect(readMonitorLine(line, 180)).toBe(signal as ReturnType<typeof readMonitorLine>);
  });
});
