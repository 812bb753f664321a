import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../../src/net/cidr.ts";
import { batchText, commandOf, commandText, groupRuns, splitByFamily } from "../../../../src/routing/iproute2/batch.ts";
import type { Change } from "../../../../src/routing/types.ts";

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

describe("runs of ip", () => {
  const rule = (family: 4 | 6) => ({ kind: "nop", family, preference: 5 }) as const;
  const ipv4 = { op: "add-rule", rule: rule(4) } as const;
  const ipv6 = { op: "add-rule", rule: rule(6) } as const;
  const group = { op: "replace-nexthop", nexthop: { kind: "group", id: 9, members: [8] }, fresh: true } as const;
  const slot = { op: "replace-nexthop", nexthop: { kind: "slot", id: 8, gateway: "fd00::1" }, fresh: true } as const;
  const familiesOf = (...changes: Change[]) => splitByFamily(changes).map((run) => [run.family, run.changes.length]);

  test("are for IPv4 where there is nothing else", () => {
    expect(familiesOf(ipv4, ipv4)).toEqual([[4, 2]]);
    expect(splitByFamily([])).toEqual([]);
  });

  test("are for IPv6 where a rule needs that, and name no family where a group or both families do", () => {
    expect(familiesOf(slot, group, ipv4, slot)).toEqual([["both", 4]]);
    expect(familiesOf(slot, ipv6, slot)).toEqual([[6, 3]]);
    expect(familiesOf(slot, group, ipv6, ipv4, ipv6)).toEqual([
      ["both", 2],
      [6, 1],
      [4, 1],
      [6, 1],
    ]);
  });

  test("keep the order of the changes", () => {
    const all: Change[] = [slot, group, ipv6, ipv4, ipv6, slot];
    expect(splitByFamily(all).flatMap(({ changes }) => changes)).toEqual(all);
  });

  test("show as a person would run them", () => {
    expect([ipv4, ipv6, group, slot].map(commandText)).toEqual([
      "ip rule add pref 5 from all nop protocol 173",
      "ip -6 rule add pref 5 from all nop protocol 173",
      "ip nexthop replace id 9 group 8 proto 173",
      "ip nexthop replace id 8 via fd00::1 proto 173",
    ]);
  });
});

describe("the command for a nexthop", () => {
  const wordsFor = (device: string): string => {
    const nexthops = [{ gateway: "10.0.0.11", weight: 2, device }];
    const route = {
      family: 4,
      table: 180,
      type: "unicast",
      destination: parseCidr("0.0.0.0/0")!,
      metric: 0,
      nexthops,
    } as const;
    return commandOf({ op: "replace-route", route, fresh: true }).join(" ");
  };

  test.each(["eth0", "eth0.100", "wg@home", "-x"])("names its interface %s", (device) => {
    expect(wordsFor(device)).toEndWith(` nexthop via 10.0.0.11 dev ${device} weight 2`);
  });

  test.each(["a#b", 'a"b', "a'b", "a\\b"])(
    "leaves out the interface %s, whose name would end or join words",
    (device) => {
      expect(wordsFor(device)).toEndWith(" nexthop via 10.0.0.11 weight 2");
    },
  );
});
