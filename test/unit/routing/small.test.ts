import { describe, expect, test } from "bun:test";

import { batchText, groupRuns } from "../../../src/routing/batch.ts";
import { readMonitorLine } from "../../../src/routing/monitor.ts";
import { afterRepair, FRESH, type Patience, showsFight } from "../../../src/routing/patience.ts";
import { readIpRelease } from "../../../src/routing/version.ts";

describe("releases of ip", () => {
  test.each([
    ["ip utility, iproute2-6.1.0, libbpf 1.1.2", "6.1.0", true, 511],
    ["ip utility, iproute2-5.14.0", "5.14.0", true, 511],
    ["ip utility, iproute2-5.13.0", "5.13.0", true, 99],
    ["ip utility, iproute2-v5.3.0", undefined, false, 0],
    ["ip utility, iproute2-5.2.0", "5.2.0", false, 99],
    ["ip utility, iproute2-ss190924", "ss190924", true, 99],
    ["ip utility, iproute2-ss190708", "ss190708", false, 99],
    ["ip utility, iproute2-10.0.0-rc1", "10.0.0-rc1", true, 511],
    ["ip: unrecognized option: V\nBusyBox v1.36.1", undefined, false, 0],
    ["", undefined, false, 0],
  ])("%p", (text, name, usable, mostWords) => {
    expect(readIpRelease(text)).toEqual(name === undefined ? undefined : { name, usable, mostWords });
  });
});

describe("batches", () => {
  test("a command too long for a line runs alone, in its turn", () => {
    const short = ["a", "b"];
    const long = ["a", "b", "c"];
    expect(groupRuns([short, short, long, short], 2)).toEqual([
      { kind: "batch", commands: [short, short] },
      { kind: "single", command: long },
      { kind: "batch", commands: [short] },
    ]);
  });

  test("a line each, each ended", () => {
    expect(batchText([["a", "b"], ["c"]])).toBe("a b\nc\n");
  });
});

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

describe("patience", () => {
  /** Repairs whenever that is allowed, against somebody who undoes each at once; returns the waits. */
  const fight = (rounds: number): number[] => {
    let patience: Patience = FRESH;
    let now = 0;
    return Array.from({ length: rounds }, () => {
      patience = afterRepair(patience, now);
      const wait = patience.until - now;
      now = patience.until;
      return wait;
    });
  };

  test("the first repairs are free, then each waits twice as long, up to a minute", () => {
    expect(fight(12)).toEqual([0, 0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  test("one repair of a fight is the one to warn at", () => {
    let patience: Patience = FRESH;
    const shown = Array.from({ length: 9 }, () => showsFight((patience = afterRepair(patience, 0))));
    expect(shown.filter(Boolean)).toHaveLength(1);
  });

  test("ten quiet seconds after the wait make it fresh again", () => {
    const tired = { repairs: 7, until: 5000 };
    expect(afterRepair(tired, 15_000).repairs).toBe(8);
    expect(afterRepair(tired, 15_001)).toEqual({ repairs: 1, until: 15_001 });
  });

  test("accidents now and then never wait", () => {
    let patience: Patience = FRESH;
    for (let now = 0; now < 3_600_000; now += 11_000) {
      patience = afterRepair(patience, now);
      expect(patience.until).toBe(now);
    }
  });
});
