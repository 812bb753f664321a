import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import {
  bodyText,
  latencyTrigger,
  lossTrigger,
  probeMark,
  throughName,
  throughProber,
  throughSettings,
  throughArgument,
} from "../../../src/config/through-values.ts";
import { formatAddress } from "../../../src/net/address.ts";
import { expectedFor, valueOf } from "./value.fixture.ts";

const PORT = "a whole number from 1 to 65535 after the colon";

describe("targets beyond the gateways", () => {
  test.each([
    ["icmp:1.1.1.1", "icmp 1.1.1.1", [{ kind: "icmp", address: "1.1.1.1" }]],
    [
      "icmp:1.1.1.1,9.9.9.9",
      "icmp 1.1.1.1, 9.9.9.9",
      [
        { kind: "icmp", address: "1.1.1.1" },
        { kind: "icmp", address: "9.9.9.9" },
      ],
    ],
    [
      "tcp:1.1.1.1:443,1.1.1.1:80",
      "tcp 1.1.1.1:443, 1.1.1.1:80",
      [
        { kind: "tcp", address: "1.1.1.1", port: 443 },
        { kind: "tcp", address: "1.1.1.1", port: 80 },
      ],
    ],
    [
      "dns:9.9.9.9,1.1.1.1:5353",
      "dns 9.9.9.9, 1.1.1.1:5353",
      [
        { kind: "dns", address: "9.9.9.9", port: 53 },
        { kind: "dns", address: "1.1.1.1", port: 5353 },
      ],
    ],
    [
      "icmp:2606:4700:4700::1111,1.1.1.1",
      "icmp 2606:4700:4700::1111, 1.1.1.1",
      [
        { kind: "icmp", address: "2606:4700:4700::1111" },
        { kind: "icmp", address: "1.1.1.1" },
      ],
    ],
    [
      "tcp:[2001:4860:4860::8888]:443",
      "tcp [2001:4860:4860::8888]:443",
      [{ kind: "tcp", address: "2001:4860:4860::8888", port: 443 }],
    ],
    [
      "dns:2620:fe::fe,[2620:fe::9]:5353",
      "dns 2620:fe::fe, [2620:fe::9]:5353",
      [
        { kind: "dns", address: "2620:fe::fe", port: 53 },
        { kind: "dns", address: "2620:fe::9", port: 5353 },
      ],
    ],
    [
      "https://[2606:4700::1]:8443/",
      "url https://[2606:4700::1]:8443/",
      [{ kind: "url", url: "https://[2606:4700::1]:8443/" }],
    ],
    ["https://example.com", "url https://example.com", [{ kind: "url", url: "https://example.com/" }]],
    [
      "http://a.example/x?y=1%2C2,https://1.1.1.1:8443/",
      "url http://a.example/x?y=1%2C2, https://1.1.1.1:8443/",
      [
        { kind: "url", url: "http://a.example/x?y=1%2C2" },
        { kind: "url", url: "https://1.1.1.1:8443/" },
      ],
    ],
  ] as const)("%s is %s", (text, name, targets) => {
    const prober = valueOf(throughProber, text);
    expect(throughName(prober)).toBe(name);
    expect(throughArgument(prober)).toBe(text);
    expect([...prober.targets.values()]).toEqual([...targets]);
    expect(throughSettings({ ...prober, timeout: 250 }).map(([, settings]) => settings)).toEqual(
      targets.map((target) => ({ ...target, timeout: 250 })),
    );
  });

  test.each([
    ["icmp:2606:4700:0::1", "icmp 2606:4700::1"],
    ["icmp:[2606:4700::1]", "icmp 2606:4700::1"],
    ["tcp:[2606:4700:0:0::ABCD]:443", "tcp [2606:4700::abcd]:443"],
    ["https://[2606:4700:0:0::ABCD]", "url https://[2606:4700::abcd]"],
    ["https://a.example/[::0]", "url https://a.example/[::0]"],
  ])("%s is called %s: an IPv6 address has one form", (text, name) => {
    expect(throughName(valueOf(throughProber, text))).toBe(name);
  });

  test("an expected text is one of URLs alone", () => {
    const settings = (text: string) =>
      throughSettings({ ...valueOf(throughProber, text), timeout: 250, text: "up" }).map(([, one]) => one);
    expect(settings("http://a/,http://b/").map((one) => "text" in one && one.text)).toEqual(["up", "up"]);
    for (const text of ["icmp:1.1.1.1", "tcp:1.1.1.1:80", "dns:1.1.1.1"]) {
      expect(settings(text)[0]).not.toHaveProperty("text");
    }
  });

  test.each(["", "1.1.1.1", "ping:1.1.1.1", "ICMP:1.1.1.1", "icmp", "udp:1.1.1.1:53", "ftp://a.example/", "-x"])(
    "%p is of no kind, and all kinds are named",
    (text) => {
      expect(expectedFor(throughProber, text)).toStartWith(
        "icmp:ADDRESS, tcp:ADDRESS:PORT, dns:ADDRESS or dns:ADDRESS:PORT, or a URL",
      );
    },
  );

  test.each([
    ["icmp:", "a target before and after each comma, without spaces"],
    ["icmp:1.1.1.1,", "a target before and after each comma, without spaces"],
    ["tcp:,1.1.1.1:80", "a target before and after each comma, without spaces"],
    [
      "icmp:one.one.one.one",
      'addresses, not names: the look-up of a name may fail for other reasons (got "one.one.one.one")',
    ],
    ["icmp:01.1.1.1", 'addresses, not names: the look-up of a name may fail for other reasons (got "01.1.1.1")'],
    ["icmp:1.1.1.1,9.9.9", 'addresses, not names: the look-up of a name may fail for other reasons (got "9.9.9")'],
    ["dns:::1", "targets beyond the gateways, which ::1 cannot be"],
    ["https://[::1]/", "targets beyond the gateways, which ::1 cannot be"],
    ["icmp:ff02::1", "targets beyond the gateways, which ff02::1 cannot be"],
    ["icmp:fe80::1", "targets beyond the gateways, which fe80::1 cannot be"],
    ["tcp:[fe80::1%eth0]:80", "targets beyond the gateways, which fe80::1%eth0 cannot be"],
    ["icmp:2606:4700::g", 'addresses, not names: the look-up of a name may fail for other reasons (got "2606")'],
    ["icmp:[one.one]", 'addresses, not names: the look-up of a name may fail for other reasons (got "one.one")'],
    ["icmp:[2606:4700::1]:80", 'no port after an address (got "[2606:4700::1]:80")'],
    ["tcp:[2606:4700::1]", `${PORT} behind [2606:4700::1], as in tcp:[2606:4700::1]:443`],
    [
      "tcp:2606:4700::1:443",
      `${PORT} behind [2606:4700::1:443], as in tcp:[2606:4700::1:443]:443, or brackets before the port, as in tcp:[2606:4700::1]:443`,
    ],
    ["tcp:2606:4700:4700::1111", `${PORT} behind [2606:4700:4700::1111], as in tcp:[2606:4700:4700::1111]:443`],
    ["tcp:2606:4700:1:2:3:4:5:6:8443", "brackets before the port, as in tcp:[2606:4700:1:2:3:4:5:6]:8443"],
    ["tcp:[2606:4700::1]:x", `${PORT} behind [2606:4700::1], as in tcp:[2606:4700::1]:443`],
    ["dns:[2606:4700::1]:", `${PORT} behind [2606:4700::1], as in dns:[2606:4700::1]:53`],
    ["icmp:2606:4700::1,2606:4700:0::1", "each target once (got 2606:4700:0::1 twice)"],
    ["icmp:1.1.1.1:80", 'no port after an address (got "1.1.1.1:80")'],
    ["tcp:1.1.1.1", "a whole number from 1 to 65535 after the colon behind 1.1.1.1, as in tcp:1.1.1.1:443"],
    ["tcp:1.1.1.1:0", "a whole number from 1 to 65535 after the colon behind 1.1.1.1, as in tcp:1.1.1.1:443"],
    ["tcp:1.1.1.1:65536", "a whole number from 1 to 65535 after the colon behind 1.1.1.1, as in tcp:1.1.1.1:443"],
    ["tcp:1.1.1.1:443:1", "a whole number from 1 to 65535 after the colon behind 1.1.1.1, as in tcp:1.1.1.1:443"],
    ["dns:1.1.1.1:", "a whole number from 1 to 65535 after the colon behind 1.1.1.1, as in dns:1.1.1.1:53"],
    ["dns:1.1.1.1:053", "a whole number from 1 to 65535 after the colon behind 1.1.1.1, as in dns:1.1.1.1:53"],
    ["icmp:1.1.1.1,1.1.1.1", "each target once (got 1.1.1.1 twice)"],
    ["dns:9.9.9.9,9.9.9.9:53", "each target once (got 9.9.9.9:53 twice)"],
    ["https://a.example,https://a.example/", "each target once (got https://a.example/ twice)"],
    ["icmp:127.0.0.1", "targets beyond the gateways, which 127.0.0.1 cannot be"],
    ["tcp:0.0.0.0:80", "targets beyond the gateways, which 0.0.0.0 cannot be"],
    ["dns:224.0.0.251", "targets beyond the gateways, which 224.0.0.251 cannot be"],
    ["icmp:255.255.255.255", "targets beyond the gateways, which 255.255.255.255 cannot be"],
    ["http://127.0.0.1:8080/", "targets beyond the gateways, which 127.0.0.1 cannot be"],
    ["http://localhost/", "targets beyond the gateways, which 127.0.0.1 cannot be"],
    ["http://0/", "targets beyond the gateways, which 0.0.0.0 cannot be"],
  ])("%s is refused: expected %s", (text, expected) => {
    expect(expectedFor(throughProber, text)).toBe(expected);
  });

  test.each([
    "https://",
    "https://user@a.example/",
    "https://user:password@a.example/",
    "https://a.example/#x",
    "https://a.example/x,y",
    "https://a.example:65536/",
    "https://a\u0000b.example/",
  ])("%p is refused with the form of URLs", (text) => {
    expect(expectedFor(throughProber, text)).toBe(
      "URLs such as https://example.com/, without user, password and fragment, and with %2C for a comma",
    );
  });

  test("are never shown with what may be a password", () => {
    const shown = [
      "https://u:hunter2@a.example/",
      "https://b.example,https://u:hunter2@a.example/",
      "icmp:1.1.1.1",
    ].map((text) => throughProber.show!(text));
    expect(shown).toEqual(["https://...@a.example/", "https://...@a.example/", "icmp:1.1.1.1"]);
  });

  test("are read back from their own text, and no text makes the parser fail", () => {
    const address = fc
      .integer({ min: 0x01000000, max: 0xdfffffff })
      .filter((bits) => bits >>> 24 !== 127)
      .map((bits) => formatAddress({ family: 4, bits }));
    const port = fc.integer({ min: 1, max: 65_535 });
    const one = (kind: string): fc.Arbitrary<string> =>
      kind === "icmp" ? address : fc.tuple(address, port).map((parts) => parts.join(":"));
    const text = fc
      .constantFrom("icmp", "tcp", "dns")
      .chain((kind) =>
        fc.uniqueArray(one(kind), { minLength: 1, maxLength: 4 }).map((all) => `${kind}:${all.join(",")}`),
      );
    fc.assert(fc.property(text, (given) => expect(throughArgument(valueOf(throughProber, given))).toBe(given)));
    const noise = fc.stringMatching(/^(icmp:|tcp:|dns:|https:\/\/)?[\x20-\x7e]{0,40}$/);
    fc.assert(fc.property(fc.oneof(noise, fc.string()), (given) => void throughProber.parse(given)));
  });
});

describe("triggers", () => {
  test.each([
    ["20%:10%", { limit: 0.2, end: 0.1 }],
    ["100%:0%", { limit: 1, end: 0 }],
    ["2.5%:0.5%", { limit: 0.025, end: 0.005 }],
  ])("of loss: %s", (text, value) => {
    expect(valueOf(lossTrigger, text)).toEqual(value);
  });

  test.each(["", "20%", "20:10", "10%:20%", "10%:10%", "101%:1%", "20%:10%:5%", "-1%:0%", "20%:", "1e1%:1%"])(
    "of loss: not %p",
    (text) => {
      expect(expectedFor(lossTrigger, text)).toBe(
        "two percentages up to 100%, the limit and a lower one at which it ends, such as 20%:10%",
      );
    },
  );

  test.each([
    ["500ms:300ms", { limit: 0.5, end: 0.3 }],
    ["1m:1s", { limit: 60, end: 1 }],
  ])("of latency: %s", (text, value) => {
    expect(valueOf(latencyTrigger, text)).toEqual(value);
  });

  test.each(["", "500ms", "300ms:500ms", "1s:1s", "1s:-1s", "1s:0s", "500:300", "1s:1ms:1us", "1s:"])(
    "of latency: not %p",
    (text) => {
      expect(expectedFor(latencyTrigger, text)).toBe(
        "two durations, the limit and a lower one at which it ends, such as 500ms:300ms",
      );
    },
  );
});

describe("the mark before those of the gateways", () => {
  test.each([
    ["0xad000000", 0xad000000],
    ["0XFF000000", 0xff000000],
    ["0x1000000", 0x01000000],
  ])("%s", (text, value) => {
    expect(valueOf(probeMark, text)).toBe(value);
  });

  test.each(["", "0", "0x0", "0xad", "0xad000001", "2902458368", "0x100000000", "ad000000", "0xad000000/0xff000000"])(
    "not %p",
    (text) => {
      expect(expectedFor(probeMark, text)).toBe(
        "a mark from 0x01000000 to 0xff000000 that ends with six zeros, such as 0xad000000",
      );
    },
  );
});

describe("the text of a body", () => {
  test.each(["up", " with spaces ", "\u{1F44D} Grüße", "x".repeat(1000)])("may be %p", (text) => {
    expect(valueOf(bodyText, text)).toBe(text);
  });

  test.each([
    ["two\nlines", "a text without line breaks or other control characters"],
    ["x".repeat(1001), "a text of at most 1000 characters"],
  ])("cannot be %p", (text, expected) => {
    expect(expectedFor(bodyText, text)).toBe(expected);
  });

  test("that is too long is not shown as a whole", () => {
    expect(bodyText.show!("x".repeat(1001))).toBe(`${"x".repeat(20)}...`);
    expect(bodyText.show!("up")).toBe("up");
  });
});
