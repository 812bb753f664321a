/** What `check` says to those who have two routers. */
import { describe, expect, test } from "bun:test";

import { FLAG_NAMES } from "../../../src/config/setting-name.ts";
import { checkPair, type PairFacts, pairOf } from "../../../src/diagnose/pair.ts";
import { parseConfig } from "../../../src/config/parse.ts";

const FACTS: PairFacts = {
  sign: "keepalived runs here",
  wanted: undefined,
  seed: "0",
  hashPolicy: "3",
  isSettable: true,
  isByHistory: false,
  names: FLAG_NAMES,
};

const about = (changes: Partial<PairFacts>): string[] =>
  checkPair({ ...FACTS, ...changes }).map(({ level, topic, message, remedy }) =>
    [level, topic, message, ...(remedy === undefined ? [] : [remedy])].join(" | "),
  );

test("a single router hears nothing of it", () => {
  expect(about({ sign: undefined, isByHistory: true })).toEqual([]);
});

describe("the seed", () => {
  test("that is another one on each router is a warning with the line that sets it", () => {
    expect(about({})).toEqual([
      "warning | hash seed | keepalived runs here: each router has a seed of its own, so most connections change their gateway when the other one takes over | -hash-seed 173 on both (or sysctl -w net.ipv4.fib_multipath_hash_seed=173)",
    ]);
  });

  test.each([
    ["was set by others", { seed: "9" }, "ok | hash seed | 9; the other router needs the same"],
    ["the service sets", { wanted: 7, sign: undefined }, "ok | hash seed | 7; the other router needs the same"],
    [
      "is there already",
      { wanted: 7, seed: "7", isSettable: false },
      "ok | hash seed | 7; the other router needs the same",
    ],
  ])("that %s is fine", (_, facts, finding) => {
    expect(about(facts)).toEqual([finding]);
  });

  test("that no kernel or container allows is an error where it is asked for", () => {
    expect(about({ wanted: 7, seed: undefined })).toEqual([
      "error | hash seed | -hash-seed 7: this kernel has no net.ipv4.fib_multipath_hash_seed | use Linux 6.11 or newer",
    ]);
    expect(about({ wanted: 7, isSettable: false })[0]).toStartWith(
      "error | hash seed | -hash-seed 7: net.ipv4.fib_multipath_hash_seed cannot be written here | ",
    );
    expect(about({ seed: undefined })[0]).toEndWith(
      "| use Linux 6.11 or newer on both routers, which can have the same",
    );
  });
});

test("a policy that takes the hash of the network card is a warning", () => {
  expect(about({ seed: "9", hashPolicy: "1" })[1]).toBe(
    "warning | pair hash policy | keepalived runs here: with net.ipv4.fib_multipath_hash_policy 1 a network card may choose the hash of a packet, so that the other router chooses another gateway | sysctl -w net.ipv4.fib_multipath_hash_fields=0x37 net.ipv4.fib_multipath_hash_policy=3 on both (Linux 5.13), and the same for net.ipv6",
  );
  for (const hashPolicy of ["0", "2", "3", undefined]) expect(about({ seed: "9", hashPolicy })).toHaveLength(1);
});

test("slots by history are a warning", () => {
  expect(about({ seed: "9", isByHistory: true })[1]).toBe(
    "warning | placement | keepalived runs here: after several losses, two routers may use different gateways for some connections | -placement usable on both",
  );
});

function configOf(flags: Readonly<Record<string, string>>) {
  const parsed = parseConfig(flags, { environment: {}, readFile: () => undefined });
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  return parsed.config;
}

describe("a router is one of a pair", () => {
  const range = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.3" };

  test.each([
    ["where nothing shows it", {}, false, undefined],
    ["by its VRRP daemon", {}, true, "keepalived runs here"],
    ["by the placement", { placement: "usable" }, false, "-placement usable"],
  ] as const)("%s", (_, flags, isVrrpRunning, sign) => {
    expect(pairOf(configOf({ ...range, ...flags }), isVrrpRunning).sign).toBe(sign);
  });

  test("with a history that matters from three gateways on", () => {
    const isByHistory = (flags: Record<string, string>) => pairOf(configOf({ ...range, ...flags }), true).isByHistory;
    expect([isByHistory({}), isByHistory({ placement: "usable" }), isByHistory({ "end-ip": "10.0.0.2" })]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
