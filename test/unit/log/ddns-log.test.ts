import { describe, expect, test } from "bun:test";

import type { DdnsEvent } from "../../../src/ddns/events.ts";
import type { LookUpFailureCode, LookUpResult } from "../../../src/ddns/look-up-result.ts";
import type { DnsRecord, ProviderErrorKind } from "../../../src/ddns/providers/provider.ts";
import type { RecordChange } from "../../../src/ddns/plan-records.ts";
import { Updater } from "../../../src/ddns/updater.ts";
import { createDdnsLog } from "../../../src/log/ddns-log.ts";
import type { Fields, Level } from "../../../src/log/log.ts";

type ProviderTrouble = Extract<DdnsEvent, { type: "ddns-trouble" }>;

const HOSTNAME = "gw.example.com";
const PROVIDER = "DynuDNS";

interface Told {
  readonly level: Level;
  readonly message: string;
  readonly fields: Fields | undefined;
}

/** What a narrator says about events that follow each other, to a log that takes everything. */
function tell(...events: readonly DdnsEvent[]): Told[] {
  const told: Told[] = [];
  const write = (level: Level, message: string, fields?: Fields): void => void told.push({ level, message, fields });
  const emit = createDdnsLog(Object.assign(write, { writes: () => true }), HOSTNAME);
  for (const event of events) emit(event);
  return told;
}

const levels = (...events: readonly DdnsEvent[]): string =>
  tell(...events)
    .map(({ level }) => level)
    .join(" ");

const lookUp = (gateway: string, result: LookUpResult): DdnsEvent => ({ type: "public-ip", gateway, result });
const toldBy = (gateway: string): DdnsEvent => lookUp(gateway, { kind: "success", seconds: 0.25, address: "1.0.0.1" });
const notToldBy = (gateway: string, code: LookUpFailureCode = "status", detail = "status 503"): DdnsEvent =>
  lookUp(gateway, { kind: "failure", seconds: 0.5, code, detail });
const verified = (...addresses: string[]): DdnsEvent => ({
  type: "ddns-verified",
  provider: PROVIDER,
  addresses,
  spared: [],
});
const trouble = (kind: ProviderErrorKind, detail = "it failed", more: Partial<ProviderTrouble> = {}): DdnsEvent => {
  return { type: "ddns-trouble", provider: PROVIDER, kind, detail, waitMs: 2000, ...more };
};
const update = (changes: readonly RecordChange[], error?: string): DdnsEvent => {
  return { type: "ddns-update", provider: PROVIDER, seconds: 1, changes, error };
};

describe("a look-up", () => {
  test("that works is told at debug, with the gateway, the address and the time", () => {
    expect(tell(toldBy("10.0.0.1"))).toEqual([
      {
        level: "debug",
        message: expect.stringMatching(/10\.0\.0\.1.*1\.0\.0\.1/),
        fields: { gateway: "10.0.0.1", seconds: 0.25 },
      },
    ]);
  });

  test("that fails is told once, with the reason, and so is its end", () => {
    const events = [notToldBy("10.0.0.1"), notToldBy("10.0.0.1"), toldBy("10.0.0.1"), toldBy("10.0.0.1")];
    expect(levels(...events)).toBe("warn debug info debug");
    expect(tell(...events)[0]).toEqual({
      level: "warn",
      message: expect.stringMatching(/10\.0\.0\.1.*status 503/),
      fields: { gateway: "10.0.0.1", seconds: 0.5 },
    });
  });

  test("that fails with another code, or after it worked, is logged as a warning again", () => {
    const events = [notToldBy("a", "refused"), notToldBy("a", "reset"), toldBy("a"), notToldBy("a", "reset")];
    expect(levels(...events)).toBe("warn warn info warn");
  });

  test("that fails with the same code and another detail is the same failure, and details alone do not join two", () => {
    const page = (code: LookUpFailureCode, body: string) => notToldBy("a", code, `not an IPv4 address: "${body}"`);
    expect(levels(page("not-an-address", "<p>1"), page("not-an-address", "<p>2"))).toBe("warn debug");
    expect(levels(page("not-an-address", "<p>"), page("not-json", "<p>"))).toBe("warn warn");
  });

  test("that fails with a remedy is logged with it", () => {
    const failure = {
      kind: "failure",
      seconds: 1,
      code: "unauthorized",
      detail: "status 401",
      remedy: "set -x",
    } as const;
    expect(tell(lookUp("10.0.0.1", failure))[0]!.message).toBe(
      "cannot determine the public address of 10.0.0.1: status 401; set -x",
    );
  });

  test("of one gateway has nothing to do with another's", () => {
    const events = [notToldBy("a"), notToldBy("b"), toldBy("a"), notToldBy("b"), toldBy("b"), toldBy("a")];
    expect(levels(...events)).toBe("warn warn info debug info debug");
  });
});

describe("a public address", () => {
  test.each([
    [undefined, ["10.0.0.1", "1.0.0.2"]],
    ["1.0.0.1", ["10.0.0.1", "1.0.0.2", "was 1.0.0.1"]],
  ])("that is another one than %s is an info line", (from, parts) => {
    const [told, ...more] = tell({ type: "public-ip-changed", gateway: "10.0.0.1", from, to: "1.0.0.2" });
    expect([told!.level, told!.fields, more]).toEqual(["info", { gateway: "10.0.0.1" }, []]);
    for (const part of parts) expect(told!.message).toContain(part);
    expect(told!.message.includes("was")).toBe(from !== undefined);
  });
});

describe("changed records", () => {
  const record = (address: string): DnsRecord => ({ id: "1", address, ttl: 60, enabled: true });
  const content = (address: string) => ({ address, ttl: 60 });

  test("are one info line that names the name and every change", () => {
    const [told, ...more] = tell(
      update([
        { op: "change", record: record("1.0.0.1"), content: content("1.0.0.2") },
        { op: "change", record: record("1.0.0.3"), content: content("1.0.0.3") },
        { op: "add", content: content("1.0.0.4") },
        { op: "remove", record: record("1.0.0.5") },
      ]),
    );
    expect([told!.level, more]).toEqual(["info", []]);
    expect(told!.message).toContain(HOSTNAME);
    expect(told!.message).toMatch(/1\.0\.0\.1 to 1\.0\.0\.2,.* 1\.0\.0\.3,.* added 1\.0\.0\.4, removed 1\.0\.0\.5$/);
    expect(told!.message.split("1.0.0.3")).toHaveLength(2);
  });

  test("are told when not all could be made, too", () => {
    expect(levels(update([{ op: "add", content: content("1.0.0.1") }], "quota"))).toBe("info");
  });

  test("are not told when there are none: the trouble is", () => {
    expect(tell(update([], "timeout after 1m0s"))).toEqual([]);
  });
});

describe("right records", () => {
  test("are told once, and again when they are others", () => {
    const events = [verified("1.0.0.1", "1.0.0.2"), verified("1.0.0.1", "1.0.0.2"), verified("1.0.0.1")];
    expect(levels(...events)).toBe("info debug info");
    const [first] = tell(...events);
    for (const part of [HOSTNAME, "1.0.0.1", "1.0.0.2"]) expect(first!.message).toContain(part);
  });

  test("that are none, because no gateway is active, are a warning once", () => {
    expect(levels(verified("1.0.0.1"), verified(), verified(), verified("1.0.0.1"))).toBe("info warn debug info");
    expect(tell(verified())[0]!.message).toMatch(/no address/);
  });

  test("are not said to be none while gateways are active whose addresses nobody tells", async () => {
    const listed = [{ id: "1", address: "1.0.0.1", ttl: 60, enabled: true }];
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const events: DdnsEvent[] = [];
    const refuse = async (): Promise<never> => {
      throw new Error("nothing may be written");
    };
    const updater = new Updater({
      provider: { list: async () => listed, change: refuse, add: refuse, remove: refuse },
      label: PROVIDER,
      ttl: 60,
      timeout: 1000,
      callLimit: 1000,
      wish: () => ({ addresses: [], unknown: ["10.0.0.1"], spares: () => "possible", mayBeEmpty: false }),
      onDuty: () => true,
      confirmDuty: async () => true,
      emit: (event) => void events.push(event),
      random: () => (end(), 0.5), // asked for the pause after the update
    });
    updater.start();
    await ended;
    updater.stop();
    for (const { message } of tell(...events)) expect(message).not.toMatch(/no address|no gateway is active/);
  });
});

describe("trouble that may pass", () => {
  test("is a warning once, with the name, the reason and the next try, and so is its end", () => {
    const again = verified("1.0.0.1");
    const events = [again, trouble("passing"), trouble("passing"), trouble("passing"), again, again];
    expect(levels(...events)).toBe("info warn debug debug info debug");
    const { message } = tell(...events)[1]!;
    for (const part of [HOSTNAME, "it failed", "2s"]) expect(message).toContain(part);
  });

  test("of another sort, or after its end, is told again", () => {
    const events = [trouble("passing", "one"), trouble("passing", "two"), verified(), trouble("passing", "two")];
    expect(levels(...events)).toBe("warn warn warn warn");
  });

  test("is the same for as long as its code is", () => {
    const reset = (detail: string) => trouble("passing", detail, { code: "reset" });
    const refused = trouble("passing", "cut while adding", { code: "refused" });
    expect(levels(reset("cut while listing"), reset("cut while adding"), refused)).toBe("warn debug warn");
  });

  test("is logged with its remedy", () => {
    const { message } = tell(trouble("access", "status 401", { remedy: "check -ddns-password" }))[0]!;
    expect(message).toBe(`ddns: ${HOSTNAME}: status 401; check -ddns-password; next try in 2s`);
  });

  test("is told with the wait in whole milliseconds", () => {
    expect(tell(trouble("passing", "it failed", { waitMs: 1234.56789 }))[0]!.message).toContain("1.235s");
  });
});

describe("trouble that a person has to mend", () => {
  test.each(["access", "refused", "quota"] as const)("of the kind %s is an error each time", (kind) => {
    expect(levels(trouble(kind), trouble(kind), verified("1.0.0.1"), trouble(kind))).toBe("error error info error");
  });

  test("is an error after the same words were a warning, too", () => {
    expect(levels(trouble("passing"), trouble("access"))).toBe("warn error");
  });
});

test("the duty is told when it comes and when it goes", () => {
  const told = [true, false].flatMap((held) => tell({ type: "ddns-duty", address: "192.168.1.100", held }));
  expect(told.map(({ level }) => level)).toEqual(["info", "info"]);
  for (const { message } of told) expect(message).toContain("192.168.1.100");
  expect(told[0]!.message).not.toBe(told[1]!.message);
});

test.each(["required_ip_not_found", "no_change"] as const)(
  "that nothing was written is told at debug: %s",
  (reason) => {
    expect(levels({ type: "ddns-skipped", provider: PROVIDER, reason })).toBe("debug");
  },
);

test("what only metrics need is not told", () => {
  expect(tell({ type: "public-ip-count", count: 2 })).toEqual([]);
  expect(tell({ type: "public-ip-state", gateway: "10.0.0.1", state: "known" })).toEqual([]);
});

test("an hour in which nothing changes is silent above debug", () => {
  const start = [notToldBy("a"), toldBy("b"), verified("1.0.0.1"), trouble("passing")];
  const hour = Array.from({ length: 120 }, () => [notToldBy("a"), toldBy("b"), trouble("passing")]).flat();
  expect(
    new Set(
      tell(...start, ...hour)
        .slice(start.length)
        .map(({ level }) => level),
    ),
  ).toEqual(new Set(["debug"]));
});
