/** IPv6 addresses have the same text here and in the output of `ip`, so that what is read is what was written. */
import { expect, test } from "bun:test";

import fc from "fast-check";

import { formatAddress, numberOf, parseAddress } from "../../src/net/address.ts";
import { at6, ipv6Bits } from "../unit/net/ipv6.fixture.ts";
import { openNamespace } from "./namespace.fixture.ts";

/** IPv4-compatible addresses, deprecated by RFC 4291, which the C library still writes with dots. */
const isCompatible = (text: string): boolean => numberOf(parseAddress(text, [6])!) >> 32n === 0n;

test("ip reads and prints the text of every IPv6 address as it is written here", async () => {
  await using namespace = await openNamespace();
  const all = [...new Set(fc.sample(ipv6Bits, 400))].filter((bits) => bits > 0n);
  const texts = all.map((bits) => formatAddress(at6(bits)));
  const lines = texts.map((text) => `route add unreachable ${text}/128 table 100\n`);
  await namespace.ip(["-batch", "-"], lines.join(""));
  const shown = (await namespace.ip(["-6", "route", "show", "table", "100"]))
    .split("\n")
    .flatMap((line) => /^unreachable (\S+)/.exec(line)?.[1] ?? []);
  expect(shown.map((text) => numberOf(parseAddress(text, [6])!)).toSorted()).toEqual(all.toSorted());
  const plain = (list: readonly string[]) => list.filter((text) => !isCompatible(text));
  expect(plain(shown).toSorted()).toEqual(plain(texts).toSorted());
});
