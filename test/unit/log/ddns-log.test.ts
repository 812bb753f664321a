import { describe, expect, test } from "bun:test";

import type { DdnsEvent } from "../../../src/ddns/events.ts";
import type { LookUpFailureCode, LookUpResult } from "../../../src/ddns/look-up-result.ts";
import type { DnsRecord, ProviderErrorKind } from "../../../src/ddns/providers/provider.ts";
import type { RecordChange } from "../../../src/ddns/plan-records.ts";
import { Updater } from "../../../src/ddns/updater.ts";
import { createDdnsLog, createLookUpLog } from "../../../src/log/ddns-log.ts";
import type { Fields, Level } from "../../../src/log/log.ts";

type ProviderTrouble = Extract<DdnsEvent, { type: "ddns-trouble" }>;

const HOSTNAME = "gw.example.com";

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly fields: Fields | undefined;
}

/** The lines about events that follow each other, in a log that writes every level. */
function logged(...events: readonly DdnsEvent[]): Line[] {
  const lines: Line[] = [];
  const write = (level: Level, message: string, fields?: Fields): void => void lines.push({ level, message, fields });
  const log = Object.assign(write, { writes: () => true });
  const listeners = [createLookUpLog(log), createDdnsLog(log, { hostname: HOSTNAME })];
  for (const event of events) for (const record of listeners) record(event);
  return lines;
}

const levels = (...events: readonly DdnsEvent[]): string =>
  logged(...events)
    .map(({ level }) => level)
    .join(" ");

const lookUp = (gateway: string, result: LookUpResult): DdnsEvent => ({ type: "public-ip", gateway, result });
const succeeded = (gateway: string): DdnsEvent =>
  lookUp(gateway, { kind: "success", seconds: 0.25, address: "1.0.0.1" });
const failed = (gateway: string, code: LookUpFailureCode = "status", detail = "status 503"): DdnsEvent =>
  lookUp(gateway, { kind: "failure", seconds: 0.5, code, detail });
const verified = (...addresses: string[]): DdnsEvent => ({
  type: "ddns-verified",
  addresses,
  retained: [],
});
const trouble = (kind: ProviderErrorKind, detail = "it failed", more: Partial<ProviderTrouble> = {}): DdnsEvent => {
  return { type: "ddns-trouble", kind, detail, waitMs: 2000, ...more };
};
const update = (changes: readonly RecordChange[], error?: string): DdnsEvent => {
  return { type: "ddns-update", seconds: 1, changes, error };
};

describe("a look-up", () => {
  test("that succeeds is logged at debug, with the gateway, the address and the time", () => {
    expect(logged(succeeded("10.0.0.1"))).toEqual([
      {
        level: "debug",
        message: expect.stringMatching(/10\.0\.0\.1.*1\.0\.0\.1/),
        fields: { gateway: "10.0.0.1", seconds: 0.25 },
      },
    ]);
  });

  test("that fails is a warning once, with the reason, and its end is logged once", () => {
    const events = [failed("10.0.0.1"), failed("10.0.0.1"), succeeded("10.0.0.1"), succeeded("10.0.0.1")];
    expect(levels(...events)).toBe("warn debug info debug");
    expect(logged(...events)[0]).toEqual({
      level: "warn",
      message: expect.stringMatching(/10\.0\.0\.1.*status 503/),
      fields: { gateway: "10.0.0.1", seconds: 0.5 },
    });
  });

  test("that fails with another code, or after it worked, is logged as a warning again", () => {
    const events = [failed("a", "refused"), failed("a", "reset"), succeeded("a"), failed("a", "reset")];
    expect(levels(...events)).toBe("warn warn info warn");
  });

  test("that fails with the same code and another detail is the same failure, and details alone do not join two", () => {
    const page = (code: LookUpFailureCode, body: string) => failed("a", code, `not an IPv4 address: "${body}"`);
    expect(levels(page("not-an-address", "<p>1"), page("not-an-address", "<p>2"))).toBe("warn debug");
    expect(levels(page("not-an-address", "<p>"), page("not-json", "<p>"))).toBe("warn warn");
  });

  test("without an address from a gateway that reported one before has the last one and what that means", () => {
    const [, line] = logged(succeeded("10.0.0.1"), failed("10.0.0.1", "no-address", "the answer has no address"));
    expect([line!.level, line!.message]).toEqual([
      "warn",
      "cannot determine the public address of 10.0.0.1: the answer has no address; it reported 1.0.0.1 before, so its VPN is most likely down",
    ]);
    expect(logged(failed("10.0.0.1", "no-address", "it has none"))[0]!.message).not.toContain("before");
    const other = logged(succeeded("10.0.0.1"), failed("10.0.0.1"))[1]!;
    expect(other.message).not.toContain("before");
  });

  test("that fails with a remedy is logged with it", () => {
    const failure = {
      kind: "failure",
      seconds: 1,
      code: "unauthorized",
      detail: "status 401",
      remedy: "set -x",
    } as const;
    expect(logged(lookUp("10.0.0.1", failure))[0]!.message).toBe(
      "cannot determine the public address of 10.0.0.1: status 401; set -x",
    );
  });

  test("of one gateway is compared with those of the same gateway alone", () => {
    const events = [failed("a"), failed("b"), succeeded("a"), failed("b"), succeeded("b"), succeeded("a")];
    expect(levels(...events)).toBe("warn warn info debug info debug");
  });
});

describe("a public address", () => {
  test.each([
    [undefined, "debug", ["10.0.0.1", "1.0.0.2"]],
    ["1.0.0.1", "info", ["10.0.0.1", "1.0.0.2", "was 1.0.0.1"]],
  ] as const)("that is another one than %s is a line of the level %s", (from, level, parts) => {
    const [line, ...more] = logged({ type: "public-ip-changed", gateway: "10.0.0.1", from, to: "1.0.0.2" });
    expect([line!.level, line!.fields, more]).toEqual([level, { gateway: "10.0.0.1" }, []]);
    for (const part of parts) expect(line!.message).toContain(part);
    expect(line!.message.includes("was")).toBe(from !== undefined);
  });
});

describe("changed records", () => {
  const record = (address: string): DnsRecord => ({ id: "1", address, ttl: 60, enabled: true });
  const content = (address: string) => ({ address, ttl: 60 });

  test("are one info line that names the name and every change", () => {
    const [line, ...more] = logged(
      update([
        { op: "change", record: record("1.0.0.1"), content: content("1.0.0.2") },
        { op: "change", record: record("1.0.0.3"), content: content("1.0.0.3") },
        { op: "add", content: content("1.0.0.4") },
        { op: "remove", record: record("1.0.0.5") },
      ]),
    );
    expect([line!.level, more]).toEqual(["info", []]);
    expect(line!.message).toContain(HOSTNAME);
    expect(line!.message).toMatch(/1\.0\.0\.1 to 1\.0\.0\.2,.* 1\.0\.0\.3,.* added 1\.0\.0\.4, removed 1\.0\.0\.5$/);
    expect(line!.message.split("1.0.0.3")).toHaveLength(2);
  });

  test("are logged also when some could not be made", () => {
    expect(levels(update([{ op: "add", content: content("1.0.0.1") }], "quota"))).toBe("info");
  });

  test("without a change are not logged: the failure is", () => {
    expect(logged(update([], "timeout after 1m0s"))).toEqual([]);
  });
});

describe("correct records", () => {
  test("are logged once, and again when they change", () => {
    const events = [verified("1.0.0.1", "1.0.0.2"), verified("1.0.0.1", "1.0.0.2"), verified("1.0.0.1")];
    expect(levels(...events)).toBe("info debug info");
    const [first] = logged(...events);
    for (const part of [HOSTNAME, "1.0.0.1", "1.0.0.2"]) expect(first!.message).toContain(part);
  });

  test("without any address, because no gateway is active, are a warning once", () => {
    expect(levels(verified("1.0.0.1"), verified(), verified(), verified("1.0.0.1"))).toBe("info warn debug info");
    expect(logged(verified())[0]!.message).toMatch(/no address/);
  });

  test("are not said to be without an address while gateways are active whose addresses are unknown", async () => {
    const listed = [{ id: "1", address: "1.0.0.1", ttl: 60, enabled: true }];
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const events: DdnsEvent[] = [];
    const refuse = async (): Promise<never> => {
      throw new Error("nothing may be written");
    };
    const updater = new Updater({
      provider: { kind: "records", list: async () => listed, change: refuse, add: refuse, remove: refuse },
      ttl: 60,
      timeout: 1000,
      callLimit: 1000,
      desired: () => ({ addresses: [], unknown: ["10.0.0.1"], claimOn: () => "possible", mayBeEmpty: false }),
      writeGate: { allowed: true, confirm: async () => true },
      emit: (event) => void events.push(event),
      remedyFor: () => undefined,
      random: () => (end(), 0.5), // asked for the pause after the update
    });
    updater.start();
    await ended;
    updater.stop();
    for (const { message } of logged(...events)) expect(message).not.toMatch(/no address|no gateway is active/);
  });
});

describe("a failure that may pass", () => {
  test("is a warning once, and once more when it lasts, as for notifications; its end is logged", () => {
    const again = verified("1.0.0.1");
    const events = [again, trouble("passing"), trouble("passing"), trouble("passing"), again, again];
    expect(levels(...events)).toBe("info warn debug warn info debug");
    const { message } = logged(...events)[1]!;
    for (const part of [HOSTNAME, "it failed", "2s"]) expect(message).toContain(part);
  });

  test("with another detail, or after its end, is a warning again", () => {
    const events = [trouble("passing", "one"), trouble("passing", "two"), verified(), trouble("passing", "two")];
    expect(levels(...events)).toBe("warn warn warn warn");
  });

  test("is logged once as long as its code stays", () => {
    const reset = (detail: string) => trouble("passing", detail, { code: "reset" });
    const refused = trouble("passing", "cut while adding", { code: "refused" });
    expect(levels(reset("cut while listing"), reset("cut while adding"), refused)).toBe("warn debug warn");
  });

  test("is logged with its remedy", () => {
    const { message } = logged(trouble("access", "status 401", { remedy: "check -ddns-password" }))[0]!;
    expect(message).toBe(`ddns: ${HOSTNAME}: status 401; check -ddns-password; next try in 2s`);
  });

  test("says that the name is not kept up to date when it lasts", () => {
    const failing = Array.from({ length: 5 }, () => trouble("passing", "Dynu cannot be reached"));
    expect(logged(...failing).map(({ message }) => message)[2]).toBe(
      `ddns: ${HOSTNAME}: not kept up to date, 3 tries in a row have failed: Dynu cannot be reached; next try in 2s`,
    );
    expect(levels(...failing)).toBe("warn debug warn debug debug");
    expect(
      logged(...failing, verified("1.0.0.1"), verified("1.0.0.2"))
        .map(({ message }) => message)
        .slice(-2),
    ).toEqual([
      `ddns: ${HOSTNAME} is up to date again: it resolves to 1.0.0.1`,
      `ddns: ${HOSTNAME} resolves to 1.0.0.2`,
    ]);
  });

  test("is logged with the wait in two or three digits", () => {
    expect(logged(trouble("passing", "it failed", { waitMs: 1234.56789 }))[0]!.message).toContain("1.2s");
  });
});

describe("a failure that a person has to correct", () => {
  test.each(["access", "refused", "quota"] as const)("of the kind %s is an error each time", (kind) => {
    expect(levels(trouble(kind), trouble(kind), verified("1.0.0.1"), trouble(kind))).toBe("error error info error");
  });

  test("is an error also after the same detail was a warning", () => {
    expect(levels(trouble("passing"), trouble("access"))).toBe("warn error");
  });
});

describe("other desired addresses", () => {
  const desired = (delayMs: number, ...addresses: string[]): DdnsEvent => ({
    type: "ddns-desired",
    addresses,
    delayMs,
  });

  test("that a failure delays are logged with the rest of the wait", () => {
    const [line, ...more] = logged(desired(754_321.5, "1.0.0.1", "1.0.0.2"));
    expect([line!.level, more]).toEqual(["info", []]);
    expect(line!.message).toBe(
      `ddns: ${HOSTNAME} should resolve to 1.0.0.1, 1.0.0.2 now, but the last failure delays that: next try in 12m34s`,
    );
    expect(logged(desired(754_321.5))[0]!.message).toContain("should have no address now");
  });

  test("that are published at once are not logged: the change of the records is", () => {
    expect(logged(desired(0, "1.0.0.1"))).toEqual([]);
    expect(logged({ type: "ddns-desired", addresses: undefined, delayMs: 5000 })).toEqual([]);
  });
});

test("a time to live that the provider replaces is logged as accepted, with the flag that would avoid it", () => {
  const [line] = logged({ type: "ddns-accepted", storedTtl: 30, ttl: 10 });
  expect([line!.level, line!.message]).toEqual([
    "warn",
    `ddns: ${HOSTNAME}: the provider stores a time to live of 30s, not 10s; accepted; set -ddns-record-ttl 30s`,
  ]);
});

test("writes are logged when they become allowed and when they are suspended", () => {
  const gate = { type: "ddns-write-gate", address: "192.168.1.100" } as const;
  const lines = [true, false].flatMap((allowed) => logged({ ...gate, allowed }));
  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    "info ddns: writes allowed: this machine has 192.168.1.100",
    "info ddns: writes suspended: this machine does not have 192.168.1.100",
  ]);
});

test.each(["required_ip_not_found", "no_change"] as const)(
  "an update that wrote nothing is logged at debug: %s",
  (reason) => {
    expect(levels({ type: "ddns-skipped", reason })).toBe("debug");
  },
);

test("an event that only metrics need is not logged", () => {
  expect(logged({ type: "public-ip-count", count: 2 })).toEqual([]);
  expect(logged({ type: "public-ip-state", gateway: "10.0.0.1", state: "known" })).toEqual([]);
});

test("an hour in which nothing changes has no line above debug", () => {
  const failing = Array.from({ length: 3 }, () => trouble("passing"));
  const start = [failed("a"), succeeded("b"), verified("1.0.0.1"), ...failing];
  const hour = Array.from({ length: 120 }, () => [failed("a"), succeeded("b"), trouble("passing")]).flat();
  expect(
    new Set(
      logged(...start, ...hour)
        .slice(start.length)
        .map(({ level }) => level),
    ),
  ).toEqual(new Set(["debug"]));
});

describe("what name servers show", () => {
  test("is logged with the delay", () => {
    expect(logged({ type: "ddns-shown", seconds: 3.04 })).toMatchObject([
      { level: "info", message: `ddns: ${HOSTNAME}: name servers show the addresses after 3s` },
    ]);
  });

  test("in place of the addresses is a warning", () => {
    const detail = "192.0.2.53 shows 9.0.0.9 in place of 1.0.0.1";
    expect(logged({ type: "ddns-not-shown", seconds: 390, detail })).toMatchObject([
      { level: "warn", message: `ddns: ${HOSTNAME}: name servers do not show the addresses after 6m30s: ${detail}` },
    ]);
  });
});

test("a line has some of many addresses, and the number of the others", () => {
  const addresses = Array.from({ length: 40 }, (_, index) => `1.0.0.${index + 1}`);
  const shown = `${addresses.slice(0, 8).join(", ")} and 32 more`;
  const events: DdnsEvent[] = [
    { type: "ddns-verified", addresses, retained: [] },
    { type: "ddns-desired", addresses, delayMs: 5000 },
    { type: "ddns-verified", addresses: [...addresses.slice(0, 39), "1.0.0.41"], retained: [] },
  ];
  const lines = logged(...events).map(({ level, message }) => `${level} ${message}`);
  expect(lines[0]).toBe(`info ddns: ${HOSTNAME} resolves to ${shown}`);
  expect(lines[1]).toContain(`should resolve to ${shown} now`);
  expect(lines[2]).toStartWith("info"); // what is not shown counts
});
