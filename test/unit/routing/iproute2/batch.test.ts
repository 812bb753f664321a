import { describe, expect, test } from "bun:test";

import { parseCidr } from "../../../../src/net/cidr.ts";
import { batchText, commandOf, groupRuns } from "../../../../src/routing/iproute2/batch.ts";

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
