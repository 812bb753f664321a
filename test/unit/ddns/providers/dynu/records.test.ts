import { describe, expect, test } from "bun:test";

import { readAdded, readDynuRecords } from "../../../../../src/ddns/providers/dynu/answers.ts";
import { ProviderError } from "../../../../../src/ddns/providers/provider.ts";

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const HOSTNAME = "gw.example.dynu.net";

describe("the records", () => {
  const A = { id: 5, hostname: HOSTNAME, recordType: "A", ttl: 60, state: true, ipv4Address: "1.0.0.1" };
  const read = (...records: unknown[]) => readDynuRecords({ dnsRecords: records }, HOSTNAME);

  test("are all those of type A at the name, in their order, doubles too", () => {
    const records = [
      { ...A, id: 7 },
      { ...A, ttl: 120 },
      { ...A, id: 2 ** 31 - 1, state: false, ipv4Address: "1.0.0.2" },
    ];
    expect(read(...records)).toEqual([
      { id: "7", address: "1.0.0.1", ttl: 60, enabled: true },
      { id: "5", address: "1.0.0.1", ttl: 120, enabled: true },
      { id: "2147483647", address: "1.0.0.2", ttl: 60, enabled: false },
    ]);
    expect(read()).toEqual([]);
  });

  test.each(["GW.example.dynu.net", "gw.EXAMPLE.DYNU.NET", "gw.example.dynu.net."])("are at the name as %s", (name) => {
    expect(read({ ...A, hostname: name })).toHaveLength(1);
    expect(readDynuRecords({ dnsRecords: [A] }, name.replace(/\.$/, ""))).toHaveLength(1);
  });

  test.each([
    "example.dynu.net",
    "a.gw.example.dynu.net",
    "*.gw.example.dynu.net",
    "xgw.example.dynu.net",
    "gw-example.dynu.net",
    "gw.example.dynu.net.example.dynu.net",
    "gw.example.dynu.net..",
    "gw.example.dynu.net ",
    "",
    null,
    undefined,
    { toString: "gw.example.dynu.net" },
  ])("at another name are left out: %j", (hostname) => {
    expect(read({ ...A, hostname })).toEqual([]);
  });

  test.each(["AAAA", "CNAME", "TXT", "SPF", "", null, undefined, 1, { 0: "A" }])(
    "of another type are left out, and need not be valid: %j",
    (recordType) => {
      expect(read({ ...A, recordType, id: null, ipv4Address: {} })).toEqual([]);
    },
  );

  test("of type AAAA have their address in its one form, and none of IPv4", () => {
    const AAAA = { ...A, recordType: "AAAA", ipv4Address: undefined, ipv6Address: "2600:0:0::00A1" };
    const readIpv6 = (record: object) => readDynuRecords({ dnsRecords: [A, record] }, HOSTNAME, [], 6);
    expect(readIpv6(AAAA)).toEqual([{ id: "5", address: "2600::a1", ttl: 60, enabled: true }]);
    for (const ipv6Address of ["1.0.0.1", "fe80::1%eth0", "2600::1::", 5]) {
      expect(errorOf(() => readIpv6({ ...AAAA, ipv6Address })).kind).toBe("passing");
    }
  });

  test("are nothing but objects", () => {
    expect(read(null, 5, "A", [A], undefined, true, A)).toHaveLength(1);
  });

  test("have the bare address, and not their line of a zone file", () => {
    expect(read({ ...A, content: "gw.example.dynu.net. 60 IN A 9.9.9.9" })[0]!.address).toBe("1.0.0.1");
  });

  test.each([undefined, null, "60", {}])("without a time to live, %p, have none", (ttl) => {
    expect(read({ ...A, ttl })[0]!.ttl).toBeUndefined();
  });

  test.each([undefined, null, ""])("without an address, %p, resolve to nothing", (ipv4Address) => {
    expect(read({ ...A, ipv4Address, content: ipv4Address })).toMatchObject([{ address: "", enabled: false }]);
  });

  const nothing = { ipv4Address: undefined, content: undefined };

  test.each<[string, object]>([
    ["no id", { id: undefined }],
    ["an id that is a text", { id: "5; DROP" }],
    ["an id that is no whole number", { id: 5.5 }],
    ["an id too great for a number", { id: 2 ** 53 }],
    ["an address of IPv6", { ipv4Address: "::1" }],
    ["an address with leading zeros", { ipv4Address: "01.0.0.1" }],
    ["an address with a line break", { ipv4Address: "1.0.0.1\n" }],
    ["a number for an address", { ipv4Address: 16_777_217 }],
    ["a text of a zone file alone", { ...nothing, content: "gw.example.dynu.net. 60 IN A 1.0.0.1" }],
    ["an address that is long", { ipv4Address: "\x1b[31m".repeat(10_000) }],
    ["an address that is deep", { ...nothing, content: JSON.parse(`${"[".repeat(1e5)}${"]".repeat(1e5)}`) }],
  ])("with %s make the whole list invalid", (_, fields) => {
    const error = errorOf(() => read(A, { ...A, ...fields }));
    expect(error.kind).toBe("passing");
    expect(error.message).toMatch(/id.*address/);
  });

  test.each([undefined, null, {}, "[]", 5, { 0: A, length: 1 }])("are a list and not %j", (dnsRecords) => {
    const error = errorOf(() => readDynuRecords({ dnsRecords }, HOSTNAME));
    expect(error.kind).toBe("passing");
    expect(error.message).toContain("list of records");
  });
});

describe("an added record", () => {
  const content = { address: "1.0.0.1", ttl: 60 };
  const good = { statusCode: 200, id: 5, ttl: 60, state: true, ipv4Address: "1.0.0.1" };

  test("is that of the answer, which may have been there already", () => {
    expect(readAdded(good, content)).toEqual({ id: "5", address: "1.0.0.1", ttl: 60, enabled: true });
    const there = readAdded({ ...good, ttl: 300, state: false }, content);
    expect(there).toEqual({ id: "5", address: "1.0.0.1", ttl: 300, enabled: false });
  });

  test("is what was requested, where the answer has no more than its id", () => {
    expect(readAdded({ id: 5 }, content)).toEqual({ id: "5", address: "1.0.0.1", ttl: 60, enabled: true });
  });

  test.each([undefined, null, "5a", "", 5.5, -5, {}])("without an id, %j, is an error that may pass", (id) => {
    expect(errorOf(() => readAdded({ ...good, id }, content)).kind).toBe("passing");
  });
});

/** The error of an action that has to fail; its message has to be fit for a log line. */
function errorOf(action: () => void): ProviderError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ProviderError);
    const { message } = error as ProviderError;
    expect(message).not.toMatch(CONTROL);
    expect(message.length).toBeLessThan(1000);
    return error as ProviderError;
  }
  throw new Error("no error");
}
