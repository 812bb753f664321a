import { describe, expect, test } from "bun:test";

import { readIpRelease } from "../../../../src/routing/iproute2/release.ts";

describe("releases of ip", () => {
  test.each([
    ["ip utility, iproute2-6.1.0, libbpf 1.1.2", "6.1.0", true, 511],
    ["ip utility, iproute2-5.14.0", "5.14.0", true, 511],
    ["ip utility, iproute2-5.13.0", "5.13.0", true, 99],
    ["ip utility, iproute2-v5.4.0", undefined, false, 0],
    ["ip utility, iproute2-5.2.0", "5.2.0", false, 99],
    ["ip utility, iproute2-5.3.0", "5.3.0", false, 99],
    ["ip utility, iproute2-5.4.0", "5.4.0", true, 99],
    ["ip utility, iproute2-ss190924", "ss190924", false, 99], // 5.3
    ["ip utility, iproute2-ss191125", "ss191125", true, 99], // 5.4
    ["ip utility, iproute2-10.0.0-rc1", "10.0.0-rc1", true, 511],
    ["ip: unrecognized option: V\nBusyBox v1.36.1", undefined, false, 0],
    ["", undefined, false, 0],
  ])("%p", (text, name, usable, mostWords) => {
    expect(readIpRelease(text)).toEqual(name === undefined ? undefined : { name, usable, mostWords });
  });
});
