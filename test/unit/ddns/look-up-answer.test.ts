import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { readAnswer } from "../../../src/ddns/look-up-answer.ts";

/** The address in an answer that has to have one. */
function addressIn(body: string, allowPrivate = false): string {
  const answer = readAnswer(body, allowPrivate);
  if (answer.kind === "failure") throw new Error(answer.detail);
  return answer.address;
}

/** Why an answer has no address; the detail has to be fit for a log line whatever the answer is. */
function failureFor(body: string, allowPrivate = false) {
  const answer = readAnswer(body, allowPrivate);
  if (answer.kind === "success") throw new Error(`${JSON.stringify(body)} was read as ${answer.address}`);
  expect(answer.detail).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  expect(answer.detail.length).toBeLessThan(1000);
  return answer;
}

const codeFor = (body: string): string => failureFor(body).code;
const detailFor = (body: string, allowPrivate = false): string => failureFor(body, allowPrivate).detail;

const json = (fields: object): string => JSON.stringify(fields);

describe("an address is read from", () => {
  test.each([
    ["plain text", "1.2.3.4"],
    ["a line", "1.2.3.4\n"],
    ["a line of Windows", "1.2.3.4\r\n"],
    ["space around it", "\t 1.2.3.4 \n\n"],
    ["a byte order mark", "\uFEFF1.2.3.4"],
    ["a byte order mark before JSON", '\uFEFF{"ip":"1.2.3.4"}'],
    ["JSON's text", '"1.2.3.4"'],
    ["public_ip", json({ public_ip: "1.2.3.4", region: "X", city: "Y" })],
    ["ip_address", json({ ip_address: "1.2.3.4" })],
    ["ip_addr", json({ ip_addr: "1.2.3.4" })],
    ["ip", json({ ip: "1.2.3.4" })],
    ["JSON on several lines", `\r\n${JSON.stringify({ country: "Z", ip: "1.2.3.4" }, undefined, 2)}\r\n`],
    ["JSON with space in the text", json({ ip: " 1.2.3.4\n" })],
    ["JSON with escapes", '{"\\u0069p":"\\u0031.2.3.4"}'],
    ["JSON that says it twice", '{"ip":"1.2.3.4","ip":"1.2.3.4"}'],
  ])("%s", (_, body) => {
    expect(addressIn(body)).toBe("1.2.3.4");
  });

  test("the first of the keys that are there, in whatever order they come", () => {
    const keys = ["public_ip", "ip_address", "ip_addr", "ip"];
    const entries = keys.map((key, index) => [key, `1.2.3.${index}`] as const);
    for (const first of entries.keys()) {
      const left = entries.slice(first);
      for (const order of [left, left.toReversed()]) {
        expect(addressIn(json(Object.fromEntries(order)))).toBe(`1.2.3.${first}`);
      }
    }
  });

  test("another key where the first one is empty", () => {
    expect(addressIn(json({ public_ip: "", ip: "1.2.3.4" }))).toBe("1.2.3.4");
    expect(addressIn(json({ public_ip: null, ip: "1.2.3.4" }))).toBe("1.2.3.4");
  });
});

describe("no address is read from", () => {
  test.each(["", " ", "\r\n", "\uFEFF", "\uFEFF \n"])("an empty answer %j", (body) => {
    expect(failureFor(body)).toMatchObject({ code: "empty", detail: expect.stringContaining("empty") });
  });

  test.each([
    json({ public_ip: "" }),
    json({ public_ip: null }),
    json({ public_ip: "", region: "X", ip: null }),
    "{}",
    json({ region: "", city: null }),
  ])("a gateway that has none or does not know it, which may stay so: %s", (body) => {
    const { code, detail } = failureFor(body);
    expect(code).toBe("no-address");
    expect(detail).toBe("the answer has no address: the VPN of the gateway is down, or its address is not known to it");
  });

  test.each(["[]", '["1.2.3.4"]', '[{"ip":"1.2.3.4"}]', json({ region: "X" }), '{"IP":"1.2.3.4"}'])(
    "JSON without any of the keys, %s, and they are named",
    (body) => {
      expect(codeFor(body)).toBe("no-address-field");
      for (const part of ["public_ip", "ip_address", "ip_addr", "ip"]) expect(detailFor(body)).toContain(part);
      expect(detailFor(body)).toContain(JSON.stringify(body));
    },
  );

  test.each([
    json({ data: { ip: "1.2.3.4" } }),
    '{"__proto__":{"ip":"1.2.3.4"}}',
    '{"__proto__":{"public_ip":"1.2.3.4"},"constructor":{"ip":"1.2.3.4"}}',
    '"\\"1.2.3.4\\""',
  ])("an address deeper inside: %s", (body) => {
    detailFor(body);
  });

  test.each([
    [16_909_060, "16909060"],
    [1e308, "1e+308"],
    [-1, "-1"],
    [true, "true"],
    [false, "false"],
    [["1.2.3.4"], "1.2.3.4"],
    [{ ip: "1.2.3.4" }, "1.2.3.4"],
    [[], "[]"],
  ])("a value that is no text: %j, and it is named", (value, part) => {
    expect(codeFor(json({ ip: value }))).toBe("not-an-address");
    expect(detailFor(json({ ip: value }))).toContain(part);
  });

  test("a key that is wrong, though a later one is right: the first one counts", () => {
    expect(detailFor(json({ public_ip: 5, ip: "1.2.3.4" }))).toContain("5");
    expect(detailFor(json({ public_ip: "10.0.0.1", ip: "1.2.3.4" }))).toContain("10.0.0.1");
  });

  test.each([
    "null",
    "true",
    "16909060",
    "0x01020304",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "1.2.3.99999999999999999999",
    "01.2.3.4",
    "1.2.3.004",
    "1.2.3.4:80",
    "1.2.3.4/32",
    "1.2.3.4, 5.6.7.8",
    "1.2.3.4 5.6.7.8",
    "1.2.3.4\n5.6.7.8",
    "1.2. 3.4",
    "1.2.3.4\0",
    "\x1b[31m1.2.3.4",
    "１.2.3.4",
    "2606:4700::1111",
    "::ffff:1.2.3.4",
    "[1.2.3.4]",
    "http://1.2.3.4/",
    "Your address is 1.2.3.4",
    "<html><body>1.2.3.4</body></html>",
    "ip=1.2.3.4",
    "'1.2.3.4'",
    "{ip:1.2.3.4}",
    '{"ip":"1.2.3.4"',
    '{"ip":"1.2.3.4"}{"ip":"1.2.3.4"}',
    '"1.2.3.4',
    '"1.2.3.4" "1.2.3.4"',
  ])("%j, plain or as a value, and it is named", (text) => {
    expect(detailFor(text)).toContain(JSON.stringify(text));
    expect(detailFor(json({ ip: text }))).toContain(JSON.stringify(text));
    expect(codeFor(json({ ip: text }))).toBe("not-an-address");
  });

  describe("where an IPv6 address is asked for", () => {
    const readIpv6 = (body: string, allowPrivate = false) => readAnswer(body, allowPrivate, [], 6);

    test.each([
      ["2606:4700:0:0::1111", "2606:4700::1111"],
      [json({ public_ip: "2606:4700::ABCD" }), "2606:4700::abcd"],
      [json({ public_ip: "", ip: " 2606:4700::1 " }), "2606:4700::1"],
    ])("%j is one, in its one form", (body, address) => {
      expect(readIpv6(body)).toEqual({ kind: "success", address });
    });

    test("an IPv4 address is none, and the remedy is a service", () => {
      const answer = { kind: "failure", code: "not-an-address", detail: 'not an IPv6 address: "1.2.3.4"' };
      for (const body of ["1.2.3.4", json({ public_ip: "1.2.3.4" })]) expect(readIpv6(body)).toMatchObject(answer);
      expect(readIpv6("1.2.3.4")).toMatchObject({ remedy: expect.stringContaining("-public-ip-service-hostname") });
    });

    test.each([
      "fd00::1",
      "fe80::1",
      "::1",
      "::ffff:1.2.3.4",
      "2001:db8::1",
      "2002:102:304::1",
      "ff02::1",
      "64:ff9b::1",
    ])("%s is not public", (text) => {
      expect(readIpv6(text)).toMatchObject({ kind: "failure", code: "not-public" });
    });

    test("a private one counts where that is allowed, one that no host can have does not", () => {
      expect(readIpv6("fd00::1", true)).toEqual({ kind: "success", address: "fd00::1" });
      expect(readIpv6("ff02::1", true)).toMatchObject({ code: "not-public" });
      expect(readIpv6("fe80::1%eth0", true)).toMatchObject({ code: "not-an-address" });
    });
  });

  test.each(['{"ip":"1.2.3.4"', "{ip:1.2.3.4}", '"1.2.3.4" "1.2.3.4"', "[1.2.3.4]"])(
    "a text that begins as JSON and is not: %s",
    (body) => {
      expect(codeFor(body)).toBe("not-json");
    },
  );

  test("a long text, of which only the beginning is named", () => {
    for (const body of ["<html>", "{", '"', "[", '{"ip":"', "1.2.3.4 ", "\x1b\x07", "\u{1f6f0}"]) {
      for (const long of [body.repeat(10_000), `${body}${"x".repeat(60_000)}`, json({ ip: body.repeat(10_000) })]) {
        expect(detailFor(long)).toContain("...");
      }
    }
  });

  test("JSON of great depth, within 250 ms", () => {
    const deep = `${"[".repeat(32_000)}${"]".repeat(32_000)}`;
    for (const body of [deep, `{"ip":${deep}}`, '{"ip":'.repeat(9000)]) {
      const start = process.cpuUsage();
      detailFor(body);
      const { user, system } = process.cpuUsage(start);
      expect(user + system).toBeLessThan(250_000); // microseconds, during which the whole process is blocked
    }
  });
});

test("any text gives an address or a reason, and an address never comes from a text without it", () => {
  const keys = fc.constantFrom("public_ip", "ip_address", "ip_addr", "ip", "__proto__", "toString");
  const octet = fc.oneof(fc.integer({ min: 0, max: 300 }).map(String), fc.constantFrom("01", "", " 1", "-0"));
  const dotted = fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join("."));
  const anyText = fc.oneof(dotted, fc.string({ unit: "binary" }), fc.string());
  const anyJson = fc.dictionary(keys, fc.oneof(anyText, fc.jsonValue())).map(json);
  fc.assert(
    fc.property(fc.oneof(anyText, anyJson, fc.json()), fc.boolean(), (body, allowPrivate) => {
      const answer = readAnswer(body, allowPrivate);
      if (answer.kind === "failure") return void failureFor(body, allowPrivate);
      expect(answer.address).toMatch(/^\d{1,3}(\.\d{1,3}){3}$/);
      expect(body).toContain(answer.address);
    }),
    { numRuns: 1000 },
  );
});

describe("an address that is not public", () => {
  // The first and the last address of a range, and their neighbours outside, where those are public.
  test.each<[string, string, string, string[]]>([
    ["0.0.0.0/8", "0.0.0.0", "0.255.255.255", ["1.0.0.0"]],
    ["10.0.0.0/8", "10.0.0.0", "10.255.255.255", ["9.255.255.255", "11.0.0.0"]],
    ["100.64.0.0/10", "100.64.0.0", "100.127.255.255", ["100.63.255.255", "100.128.0.0"]],
    ["127.0.0.0/8", "127.0.0.0", "127.255.255.255", ["126.255.255.255", "128.0.0.0"]],
    ["169.254.0.0/16", "169.254.0.0", "169.254.255.255", ["169.253.255.255", "169.255.0.0"]],
    ["172.16.0.0/12", "172.16.0.0", "172.31.255.255", ["172.15.255.255", "172.32.0.0"]],
    ["192.0.0.0/24", "192.0.0.0", "192.0.0.255", ["191.255.255.255", "192.0.1.0"]],
    ["192.0.2.0/24", "192.0.2.0", "192.0.2.255", ["192.0.1.255", "192.0.3.0"]],
    ["192.88.99.0/24", "192.88.99.0", "192.88.99.255", ["192.88.98.255", "192.88.100.0"]],
    ["192.168.0.0/16", "192.168.0.0", "192.168.255.255", ["192.167.255.255", "192.169.0.0"]],
    ["198.18.0.0/15", "198.18.0.0", "198.19.255.255", ["198.17.255.255", "198.20.0.0"]],
    ["198.51.100.0/24", "198.51.100.0", "198.51.100.255", ["198.51.99.255", "198.51.101.0"]],
    ["203.0.113.0/24", "203.0.113.0", "203.0.113.255", ["203.0.112.255", "203.0.114.0"]],
    ["224.0.0.0/3", "224.0.0.0", "255.255.255.255", ["223.255.255.255"]],
  ])("in %s is a failure, its neighbours are not", (range, first, last, neighbours) => {
    for (const address of [first, last]) {
      for (const body of [address, json({ public_ip: address })]) {
        expect(detailFor(body)).toContain(address);
        expect(detailFor(body)).toContain(range);
        expect(codeFor(body)).toBe("not-public");
      }
      const mayBeAHost = !["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"].includes(range);
      if (mayBeAHost) expect(addressIn(address, true)).toBe(address);
      else expect(detailFor(address, true)).toContain(address);
    }
    for (const address of neighbours) {
      expect(addressIn(address)).toBe(address);
      expect(addressIn(address, true)).toBe(address);
    }
  });
});
