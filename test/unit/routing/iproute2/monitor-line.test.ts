import { describe, expect, test } from "bun:test";

import { readMonitorLine } from "../../../../src/routing/iproute2/monitor-line.ts";

describe("monitor lines", () => {
  test.each([
    [
      "[ROUTE]Deleted default table 180 proto 173 \\\tnexthop via 10.0.0.11 dev v0 weight 1",
      { kind: "route", table: 180 },
    ],
    ["[ROUTE]throw 10.0.0.0/8 table 180 proto 173", { kind: "route", table: 180 }],
    ["[ROUTE]default via 10.0.0.1 dev v0 table 1800", { kind: "route", table: 1800 }],
    ["[ROUTE]default via 10.0.0.1 dev v0", { kind: "route", table: undefined }],
    ["[ROUTE]default via 10.0.0.1 dev v0 table vpn", { kind: "route", table: undefined }],
    ["[RULE]Deleted 10888:\tfrom all lookup 180 proto 173", { kind: "rule" }],
    ["[LINK]3: v0@v1: <BROADCAST,MULTICAST> mtu 1500", { kind: "link" }],
    ["[ADDR]Deleted 3: v0    inet 10.0.0.1/24 scope global v0", { kind: "link" }],
    ["netlink receive error No buffer space available (105)", { kind: "overflow" }],
    ["", undefined],
    ["Dump terminated", undefined],
  ])("%p means %p", (line, event) => {
    expect(readMonitorLine(line)).toEqual(event as ReturnType<typeof readMonitorLine>);
  });
});
