/** The router of a pair that `print keepalived` is asked for. */
import { describe, expect, test } from "bun:test";

import { readPair } from "../../../../src/cli/commands/pair-options.ts";
import { keepalivedConfig } from "../../../../src/cli/daemons/keepalived.ts";
import { parseConfig } from "../../../../src/config/parse.ts";

type Flags = Readonly<Record<string, string>>;

const OF_PAIR = {
  "virtual-address": "10.66.0.1/24@lan0, 10.77.0.254/24@gw0",
  "own-address": "10.66.0.251",
  "peer-address": "10.66.0.252",
};
const OF_SERVICE = {
  ...{ "track-file": "/run/grm/usable", "hash-seed": "7", placement: "usable" },
  ...{ "when-no-gateways": "unreachable", "on-exit": "keep" },
};

function read(own: Flags = OF_PAIR, ofService: Flags = OF_SERVICE) {
  const parsed = parseConfig(ofService, { environment: {}, readFile: () => "", partial: true });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const problems: string[] = [];
  const member = readPair(
    parsed.config,
    { subject: "keepalived", words: [], flags: own, problems: [], warnings: [] },
    problems,
  );
  return { member, problems };
}

test("both routers have the same file, but for their own addresses", () => {
  const [one, other] = [read(), read({ ...OF_PAIR, "own-address": "10.66.0.252", "peer-address": "10.66.0.251" })].map(
    ({ member }) => keepalivedConfig(member!),
  );
  const swapped = other!
    .replaceAll("10.66.0.251", "x")
    .replaceAll("10.66.0.252", "10.66.0.251")
    .replaceAll("x", "10.66.0.252");
  expect(swapped).toBe(one!);
  expect(one).toContain('file "/run/grm/usable"');
  expect(one).toContain("    10.66.0.1/24 dev lan0\n    10.77.0.254/24 dev gw0\n");
  expect(one).toContain("virtual_router_id 51\n");
  expect(one).not.toMatch(/nopreempt$|The service needs/m);
});

test("addresses of the other family move with the first ones", () => {
  const { member } = read({ ...OF_PAIR, "virtual-address": "10.66.0.1/24@lan0,fd00:66::1/64@lan0" });
  expect(keepalivedConfig(member!)).toContain("virtual_ipaddress_excluded {\n    fd00:66::1/64 dev lan0\n  }\n");
});

test("what the service lacks for a pair stands in the file", () => {
  const names = { "ddns-provider": "dynudns", "ddns-hostname": "a.example.com", "ddns-password": "k" };
  expect(read(OF_PAIR, { "track-file": "/run/x", ...names }).member!.lacks).toEqual([
    "-hash-seed 173",
    "-placement usable",
    "-when-no-gateways unreachable",
    "-on-exit keep",
    "-ddns-require-ip-address 10.66.0.1",
  ]);
});

describe("a problem", () => {
  test.each<[string, Flags, Flags, string[]]>([
    [
      "is each value that is missing",
      {},
      {},
      [
        "print keepalived: -virtual-address is missing, such as -virtual-address 192.168.20.1/24@eth0",
        "print keepalived: -own-address is missing, such as -own-address 192.168.20.2",
        "print keepalived: -peer-address is missing, such as -peer-address 192.168.20.3",
        "print keepalived: -track-file is missing: keepalived reads from that file how many gateways are usable",
      ],
    ],
    [
      "is a virtual address without an interface",
      { ...OF_PAIR, "virtual-address": "10.66.0.1/24" },
      OF_SERVICE,
      [
        '-virtual-address "10.66.0.1/24": expected addresses with a prefix length and an interface each, such as 192.168.20.1/24@eth0',
      ],
    ],
    [
      "is a prefix that no address of the family has",
      { ...OF_PAIR, "virtual-address": "10.66.0.1/33@lan0" },
      OF_SERVICE,
      [expect.stringContaining("expected addresses with a prefix length")],
    ],
    [
      "is the own address as that of the other router",
      { ...OF_PAIR, "peer-address": "10.66.0.251" },
      OF_SERVICE,
      ["-peer-address 10.66.0.251: this is -own-address; give that of the other router"],
    ],
    [
      "is an address that moves and stays",
      { ...OF_PAIR, "virtual-address": "10.66.0.251/24@lan0" },
      OF_SERVICE,
      ["-virtual-address 10.66.0.251: a router has this address at all times; give one that neither has"],
    ],
    [
      "are two families",
      { ...OF_PAIR, "own-address": "fd00::1" },
      OF_SERVICE,
      ["print keepalived: the first -virtual-address, -own-address and -peer-address have to be of one family"],
    ],
    [
      "is a track file for shells",
      OF_PAIR,
      { ...OF_SERVICE, "track-file-format": "shell" },
      ["print keepalived: -track-file-format shell: keepalived reads a number alone"],
    ],
  ])("%s", (_, own, ofService, problems) => {
    expect(read(own, ofService).problems).toEqual(problems);
  });
});
