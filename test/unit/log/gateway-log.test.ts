import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import type { LinkFault } from "../../../src/pool/link-fault.ts";
import { lines, sentences, turned } from "./service-log.fixture.ts";

describe("a gateway's change is one line", () => {
  test("a warning when it is down, with the reason and how many are left", () => {
    expect(lines(turned("10.0.0.11", "down", "timeout after 1s"))).toEqual([
      {
        level: "warn",
        message: "gateway 10.0.0.11 down: timeout after 1s (2 of 5 healthy)",
        fields: { gateway: "10.0.0.11", status: "down" },
      },
    ]);
  });

  test("an info when it is up, with how many are healthy now", () => {
    expect(lines(turned("10.0.0.11", "up", "status 200"))).toEqual([
      {
        level: "info",
        message: "gateway 10.0.0.11 up (2 of 5 healthy)",
        fields: { gateway: "10.0.0.11", status: "up" },
      },
    ]);
  });
});

describe("a change of a gateway is no warning", () => {
  const down = turned("a", "down", "timeout after 1s");
  test.each<[string, object, string, string]>([
    ["of the first round, which has a line of its own", { first: true }, "debug", "down"],
    ["during a hold, which was logged", { held: true }, "debug", "down"],
    ["while it is drained, since that is expected", { isDrained: true }, "info", "down while drained"],
  ])("%s", (_, circumstances, level, how) => {
    expect(sentences({ ...down, ...circumstances } as ServiceEvent)).toEqual([
      `${level}: gateway a ${how}: timeout after 1s (2 of 5 healthy)`,
    ]);
  });
});

test("a gateway that flaps for an hour has two lines for each hold above debug", () => {
  const turn = (status: "up" | "down", more = {}): ServiceEvent =>
    ({ ...turned("a", status, "timeout after 1s"), before: status === "up" ? "down" : "up", ...more }) as ServiceEvent;
  const within = Array.from({ length: 30 }, () => [turn("up", { held: true }), turn("down", { held: true })]).flat();
  const hold = (waitMs: number): ServiceEvent[] => [
    turn("down", { flaps: { losses: 2, waitMs } }),
    ...within,
    turn("up", { held: true }),
    { type: "held", gateway: "a", waitMs: waitMs - 1, losses: 2 },
    ...within,
    { type: "released", gateway: "a", early: false },
  ];
  const found = sentences(...hold(60_000), ...hold(120_000)).filter((line) => !line.startsWith("debug"));
  expect(found).toEqual(
    ["1m0s", "2m0s"].flatMap((wait) => [
      `warn: gateway a down: timeout after 1s (2 of 5 healthy); it flaps, lost 2 times in a short time: not used for ${wait}, up or down`,
      "info: gateway a is used again: flap hold ended",
    ]),
  );
});

test("probes that cannot be sent are logged once with a remedy, until a whole round of them can be sent", () => {
  const unsent = { kind: "failure", seconds: 0, code: "exhausted", detail: "no socket left" } as const;
  const sent = { kind: "success", seconds: 0, detail: "status 200", status: 200 } as const;
  const probe = (result: typeof unsent | typeof sent): ServiceEvent => ({
    type: "probe",
    gateway: "10.0.0.1",
    result,
    failures: 0,
  });
  const cycle: ServiceEvent = { type: "cycle", seconds: 0, up: 1 };
  const found = sentences(
    probe(unsent),
    probe(sent),
    cycle,
    probe(unsent),
    cycle,
    probe(sent),
    cycle,
    cycle,
    probe(unsent),
  );
  expect(found.filter((line) => !line.startsWith("debug"))).toEqual([
    expect.stringMatching(/^error: probes cannot be sent: no socket left; .*ulimit -n/),
    "info: all probes can be sent again",
    expect.stringMatching(/^error: probes cannot be sent/),
  ]);
});

test("a gateway that goes down with a link of this router has the fault of the link as the reason", () => {
  const down = (gateway: string): ServiceEvent => turned(gateway, "down", "timeout after 1s");
  const noCarrier: LinkFault = { code: "no-carrier", detail: "has no carrier" };
  const fault = (fault: LinkFault | undefined): ServiceEvent => {
    return { type: "link-fault", device: "eth0", fault, gateways: ["a", "b"] };
  };
  expect(sentences(fault(noCarrier), down("a"), down("c"), fault(undefined), down("a"))).toEqual([
    "warn: gateway a down: eth0 has no carrier (2 of 5 healthy)",
    "warn: gateway c down: timeout after 1s (2 of 5 healthy)",
    "warn: gateway a down: timeout after 1s (2 of 5 healthy)",
  ]);
});

describe("a probe is a debug line", () => {
  test("of success", () => {
    const result = { kind: "success", seconds: 0.0123456789, detail: "status 204", status: 204 } as const;
    const [line] = lines({ type: "probe", gateway: "10.0.0.1", result, failures: 0 });
    expect(`${line!.level}: ${line!.message}`).toBe("debug: probe of 10.0.0.1: status 204 in 12.346ms");
    expect(line!.fields).toMatchObject({ gateway: "10.0.0.1", reason: undefined });
  });

  test("of failure, with its reason as a field", () => {
    const result = { kind: "failure", seconds: 1.0004, code: "timeout", detail: "timeout after 1s" } as const;
    const [line] = lines({ type: "probe", gateway: "10.0.0.1", result, failures: 1 });
    expect(line!.level).toBe("debug");
    expect(line!.message).toStartWith("probe of 10.0.0.1: timeout after 1s in 1.0004s");
    expect(line!.fields).toMatchObject({ gateway: "10.0.0.1", reason: "timeout" });
  });
});

describe("a gateway that flaps", () => {
  test("is logged with the length of its hold and the reason, and so is the end", () => {
    const events: ServiceEvent[] = [
      { type: "held", gateway: "10.0.0.1", waitMs: 19_999.7, losses: 3 },
      { type: "held", gateway: "10.0.0.1", waitMs: 1_234.5, losses: 2 },
      { type: "released", gateway: "10.0.0.1", early: false },
      { type: "released", gateway: "10.0.0.1", early: true },
      { type: "selection", held: ["10.0.0.1"], kept: [], shortage: undefined },
    ];
    expect(sentences(...events)).toEqual([
      "warn: gateway 10.0.0.1 flaps: lost 3 times in a short time; not used for 20s",
      "warn: gateway 10.0.0.1 flaps: lost 2 times in a short time; not used for 1.2s",
      "info: gateway 10.0.0.1 is used again: flap hold ended",
      "warn: gateway 10.0.0.1 is used again: flap hold ended early: too few other gateways are healthy",
    ]);
  });
});

describe("gateways that failed together", () => {
  const event = (gateways: string[], ...links: [device: string, detail: string][]): ServiceEvent => ({
    type: "failed-together",
    gateways,
    links: links.map(([device, detail]) => ({ device, fault: { code: "down", detail } })),
  });

  test.each<[ServiceEvent, string]>([
    [
      event(["a", "b", "c", "d", "e"], ["eth0", "has no carrier"]),
      "all 5 healthy gateways failed together with eth0, which has no carrier: this router's own link is at fault, not the gateways",
    ],
    [
      event(["a", "b"], ["eth0", "is down"], ["eth1", "is down"]),
      "all 2 healthy gateways failed together with eth0, which is down, and eth1, which is down: this router's own link is at fault, not the gateways",
    ],
    [
      event(["a"], ["eth0", "is down"]),
      "the only healthy gateway failed together with eth0, which is down: this router's own link is at fault, not the gateway",
    ],
    [
      event(["a", "b"]),
      "all 2 healthy gateways failed in the same moment, and no fault of this router's own links explains it: a common cause is likely, such as a switch, a power supply, or this router itself",
    ],
  ])("%j", (event, expected) => {
    expect(sentences(event)).toEqual([`warn: ${expected}`]);
  });
});

describe("too few healthy gateways", () => {
  const short = (policy: "keep" | "all" | "none", healthy: number, ...kept: string[]): ServiceEvent => ({
    type: "selection",
    held: [],
    kept,
    shortage: { least: 2, policy, healthy, total: 5 },
  });
  const enough: ServiceEvent = { type: "selection", held: [], kept: [], shortage: undefined };
  const start = "warn: fewer than 2 of 5 gateways are healthy (-min-healthy): ";

  test("are logged once for each choice, and so is their end", () => {
    expect(
      sentences(enough, short("keep", 1, "a"), short("keep", 1, "a"), short("keep", 0, "a", "b"), enough, enough),
    ).toEqual([
      `${start}in use although they are down, since they were lost last: a`,
      `${start}in use although they are down, since they were lost last: a, b`,
      "info: enough gateways are healthy again: only those are used",
    ]);
    expect(sentences(short("keep", 0))).toEqual([`${start}no gateway that was healthy before can be used instead`]);
    expect(sentences(short("all", 1, "a"), short("all", 0, "a", "b"))).toEqual([
      `${start}all are used, healthy or not`,
    ]);
    expect(sentences(short("none", 1), short("none", 0))).toEqual([`${start}none is used`]);
  });
});
