import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import dns from "node:dns/promises";

import { fetchFailure } from "../../../src/fetch/failure.ts";
import { formatAddress } from "../../../src/net/address.ts";
import { hostAddresses } from "../../../src/probe/through/host-addresses.ts";

let now = 0;
const lookup = spyOn(dns, "lookup");
let clock: { mockRestore(): void };
beforeEach(() => void (clock = spyOn(performance, "now").mockImplementation(() => now)));
afterEach(() => {
  clock.mockRestore();
  lookup.mockReset();
});

const SIGNAL = new AbortController().signal;
const answers = (...addresses: string[]) =>
  void lookup.mockResolvedValueOnce(addresses.map((address) => ({ address, family: 4 })) as never);
const texts = async (addresses: ReturnType<ReturnType<typeof hostAddresses>>) => (await addresses).map(formatAddress);

test("an address is used without a look-up", async () => {
  expect(await texts(hostAddresses("192.0.2.1")(SIGNAL))).toEqual(["192.0.2.1"]);
  expect(lookup).not.toHaveBeenCalled();
});

test("probes at the same time share one look-up, and later ones its answer", async () => {
  answers("192.0.2.1", "192.0.2.2");
  const addresses = hostAddresses("host.example");
  const both = [texts(addresses(SIGNAL)), texts(addresses(SIGNAL))];
  expect(await Promise.all(both)).toEqual(Array(2).fill(["192.0.2.1", "192.0.2.2"]));
  expect(await texts(addresses(SIGNAL))).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(lookup).toHaveBeenCalledTimes(1);
});

test("old addresses are used while they are looked up again, and when that fails", async () => {
  answers("192.0.2.1");
  const addresses = hostAddresses("host.example");
  await addresses(SIGNAL);
  now += 60_001;
  lookup.mockRejectedValueOnce(Object.assign(new Error("none"), { code: "EAI_AGAIN" }));
  expect(await texts(addresses(SIGNAL))).toEqual(["192.0.2.1"]);
  await Bun.sleep(1);
  answers("192.0.2.9");
  expect(await texts(addresses(SIGNAL))).toEqual(["192.0.2.1"]);
  await Bun.sleep(1);
  expect(await texts(addresses(SIGNAL))).toEqual(["192.0.2.9"]);
  expect(lookup).toHaveBeenCalledTimes(3);
});

test("a name that has never had an address is looked up by each probe", async () => {
  const failure = Object.assign(new Error("none"), { code: "ENOTFOUND" });
  lookup.mockRejectedValueOnce(failure);
  const addresses = hostAddresses("host.example");
  expect(addresses(SIGNAL)).rejects.toBe(failure);
  await Bun.sleep(1);
  answers("192.0.2.1");
  expect(await texts(addresses(SIGNAL))).toEqual(["192.0.2.1"]);
});

test("a probe waits for a silent name server no longer than its signal, and the look-up serves the next one", async () => {
  const { promise, resolve } = Promise.withResolvers<never>();
  lookup.mockReturnValueOnce(promise);
  const addresses = hostAddresses("host.example");
  const stop = new AbortController();
  const waiting = addresses(stop.signal);
  stop.abort(new Error("too late"));
  expect(waiting).rejects.toThrow("too late");
  const next = texts(addresses(SIGNAL));
  resolve([{ address: "192.0.2.1", family: 4 }] as never);
  expect(await next).toEqual(["192.0.2.1"]);
  expect(lookup).toHaveBeenCalledTimes(1);
});

test("each family has look-ups of its own", async () => {
  const addresses = hostAddresses("host.example");
  answers("192.0.2.1");
  expect(await texts(addresses(SIGNAL))).toEqual(["192.0.2.1"]);
  answers("2001:DB8:0::1");
  expect(await texts(addresses(SIGNAL, 6))).toEqual(["2001:db8::1"]);
  expect(await texts(addresses(SIGNAL, 4))).toEqual(["192.0.2.1"]);
  expect(lookup.mock.calls.map((call) => (call as unknown[])[1])).toEqual(
    [4, 6].map((family) => ({ family, all: true })),
  );
});

test("an IPv6 address in brackets is used without a look-up", async () => {
  expect(await texts(hostAddresses("[2001:db8::1]")(SIGNAL, 6))).toEqual(["2001:db8::1"]);
  expect(lookup).not.toHaveBeenCalled();
});

test("addresses of IPv6 that stand for those of IPv4 are left out: packets to them would be of IPv4", async () => {
  answers("::ffff:192.0.2.1", "2001:db8::1");
  expect(await texts(hostAddresses("host.example")(SIGNAL, 6))).toEqual(["2001:db8::1"]);
  answers("::ffff:192.0.2.1");
  expect(await hostAddresses("host.example")(SIGNAL, 6).catch((error: unknown) => fetchFailure(error, 1000))).toEqual({
    code: "unresolved",
    detail: "the host has no IPv6 address",
  });
});

test("a host without an IPv6 address is reported as such", async () => {
  lookup.mockRejectedValueOnce(Object.assign(new Error("none"), { code: "ENOTFOUND" }));
  for (const host of ["host.example", "192.0.2.1"]) {
    expect(await hostAddresses(host)(SIGNAL, 6).catch((error: unknown) => fetchFailure(error, 1000))).toEqual({
      code: "unresolved",
      detail: "the host has no IPv6 address",
    });
  }
});
