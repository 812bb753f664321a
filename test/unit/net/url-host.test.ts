import { expect, test } from "bun:test";

import { formatAddress } from "../../../src/net/address.ts";
import { addressInUrl, hostInUrl } from "../../../src/net/url-host.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["host.example", "host.example"],
  ["2001:DB8::0:1", "[2001:db8::1]"],
  ["fe80::10%lan0", "[fe80::10]"],
])("the host %s is %s in a URL", (host, text) => {
  expect(hostInUrl(host)).toBe(text);
});

test("the host of a URL is an address, in brackets where it is of IPv6, or a name", () => {
  const texts = ["http://192.0.2.1/", "http://[2001:DB8::1]:80/", "http://host.example/"].map((url) => {
    const address = addressInUrl(new URL(url).hostname);
    return address && formatAddress(address);
  });
  expect(texts).toEqual(["192.0.2.1", "2001:db8::1", undefined]);
});
