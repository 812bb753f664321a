import { describe, expect, test } from "bun:test";

import { removalCommand } from "../../../../src/cli/commands/removal-command.ts";
import { parseArguments } from "../../../../src/config/arguments.ts";
import { parseConfig } from "../../../../src/config/parse.ts";

function removalFor(line: string): string {
  const parsed = parseConfig(parseArguments(line.split(" ")).values, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return removalCommand(parsed.config);
}

/** A command for each object of a table. */
const LOOP = /for i in \$\(seq (\d+ \d+)\); do ip nexthop del id \$i 2>\/dev\/null; done/g;

const split = (text: string): string[] => text.replaceAll(LOOP, "nexthops $1").split("; ");

const commandsFor = (line: string): string[] => split(removalFor(line));

const BOTH = "-gateway 10.0.0.1+fd00::1 -route default,default6";

describe("the commands that remove everything by hand", () => {
  test("are of IPv4 alone where nothing else is routed", () => {
    expect(commandsFor("-gateway 10.0.0.1+fd00::1")).toEqual([
      "ip rule del pref 10888 protocol 173",
      "ip route flush table 180 proto 173",
    ]);
  });

  test("remove the nexthop objects of IPv6 before its routes, and its rules before both", () => {
    expect(commandsFor(BOTH)).toEqual([
      "ip rule del pref 10888 protocol 173",
      "ip route flush table 180 proto 173",
      "ip -6 rule del pref 10888 protocol 173",
      "nexthops 173046080 173046335",
      "ip -6 route flush table 180 proto 173",
    ]);
  });

  test("remove markers first of all, each in its family", () => {
    const lines = commandsFor(`${BOTH} -marker-route 192.0.2.173/32,2001:db8::173/128`);
    expect(lines[0]).toBe("ip route del blackhole 192.0.2.173/32 proto 173 metric 180");
    expect(lines).toContain("ip -6 route del blackhole 2001:db8::173/128 proto 173 metric 180");
  });

  test("remove rejecting rules first, in each family", () => {
    expect(commandsFor(`${BOTH} -when-no-gateways prohibit`).filter((line) => line.includes("ip -6 rule"))).toEqual(
      [10890, 10889, 10891, 10888].map((preference) => `ip -6 rule flush pref ${preference} protocol 173`),
    );
  });

  test("remove the tables of probes in each family", () => {
    const text = removalFor(`${BOTH} -through icmp:1.1.1.1,2606:4700:4700::1111`);
    expect(text).toContain("for t in $(seq 18001 18001); do ip route flush table $t proto 173; done; ip -6 ");
    expect(text).toEndWith("for t in $(seq 18001 18001); do ip -6 route flush table $t proto 173; done");
  });
});
