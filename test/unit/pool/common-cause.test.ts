import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { CommonCause } from "../../../src/pool/common-cause.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { Link } from "../../../src/net/link.ts";

const [A, B, C] = ["10.0.0.11", "10.0.0.12", "10.9.0.13"] as const;
const MOMENT = 4000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const link = (name: string, address: string, network: string): Link => ({
  name,
  up: true,
  carrier: true,
  addresses: [{ address, network: parseCidr(network)! }],
});
const ETH0 = link("eth0", "10.0.0.1", "10.0.0.0/24");
const ETH1 = link("eth1", "10.9.0.1", "10.9.0.0/24");
const DEVICES = new Map<string, string>([
  [A, "eth0"],
  [B, "eth0"],
]);

/** All these gateways are up, and their links have been seen to be well. */
function setUp(gateways: readonly string[] = [A, B], devices: ReadonlyMap<string, string> = DEVICES) {
  const events: ServiceEvent[] = [];
  const verdicts: ServiceEvent[] = [];
  let looks = 0;
  const emit = (event: ServiceEvent): void => void (event.type === "failed-together" ? verdicts : events).push(event);
  const cause = new CommonCause({ moment: MOMENT, emit, look: () => looks++ });
  const see = (links: readonly Link[], seen = devices): void => cause.record({ type: "links", links, devices: seen });
  const turn = (gateway: string, status: "up" | "down"): void =>
    cause.record({ type: "gateway", gateway, status, detail: "", up: 0, total: gateways.length });
  for (const gateway of gateways) turn(gateway, "up");
  see([ETH0, ETH1]);
  return {
    ...{ cause, see, turn, verdicts, events },
    lose: (...lost: string[]) => lost.forEach((gateway) => turn(gateway, "down")),
    looks: () => (jest.advanceTimersByTime(1), looks),
  };
}

const failedTogether = (gateways: readonly string[], ...links: { device: string; what: string }[]): ServiceEvent => ({
  type: "failed-together",
  gateways,
  links,
});
const DOWN = [{ ...ETH0, carrier: false }, ETH1];
const NO_CARRIER = { device: "eth0", what: "has no carrier" };

describe("all gateways fail in the same moment", () => {
  test("as this router's own link: that is at fault", () => {
    const { lose, see, looks, verdicts } = setUp();
    lose(A, B);
    expect(verdicts).toEqual([]);
    expect(looks()).toBe(1);
    see(DOWN);
    see(DOWN);
    expect(verdicts).toEqual([failedTogether([A, B], NO_CARRIER)]);
  });

  test("shortly after it, and it is well again: that was at fault", () => {
    const { lose, see, verdicts } = setUp();
    see(DOWN);
    see([ETH0, ETH1]);
    jest.advanceTimersByTime(MOMENT - 1);
    lose(A, B);
    see([ETH0, ETH1]);
    expect(verdicts).toEqual([failedTogether([A, B], NO_CARRIER)]);
  });

  test("long after it: it was not", () => {
    const { lose, see, verdicts } = setUp();
    see(DOWN);
    see([ETH0, ETH1]);
    jest.advanceTimersByTime(MOMENT + 1);
    lose(A, B);
    see([ETH0, ETH1]);
    expect(verdicts).toEqual([failedTogether([A, B])]);
  });

  test("with an address that is gone, and the way of the gateways with it", () => {
    const { lose, see, verdicts } = setUp();
    lose(A, B);
    see([ETH1], new Map());
    expect(verdicts).toEqual([
      failedTogether([A, B], { device: "eth0", what: "has lost its address 10.0.0.1, or is gone" }),
    ]);
  });

  test("with a fault that has been there for long", () => {
    const { lose, see, verdicts } = setUp([A, B]);
    const without = [{ ...ETH0, addresses: [] }, ETH1];
    see(without);
    jest.advanceTimersByTime(10 * MOMENT);
    lose(A, B);
    see(without);
    expect(verdicts).toEqual([failedTogether([A, B], { device: "eth0", what: "has lost its address 10.0.0.1" })]);
  });

  test("while only one of the links that lead to them is down: that does not explain it", () => {
    const { lose, see, verdicts } = setUp(
      [A, C],
      new Map([
        [A, "eth0"],
        [C, "eth1"],
      ]),
    );
    lose(A, C);
    see(DOWN);
    expect(verdicts).toEqual([failedTogether([A, C])]);
  });

  test("also those in use since an earlier run", () => {
    const { cause, lose, see, verdicts } = setUp([]);
    cause.record({ type: "adopted", gateways: [A, B] });
    lose(A, B);
    see([ETH0, ETH1]);
    expect(verdicts).toEqual([failedTogether([A, B])]);
  });
});

describe("it is no common cause", () => {
  test("when one gateway is left", () => {
    const { lose, see, looks, verdicts } = setUp([A, B, C]);
    lose(A, B);
    see(DOWN);
    expect([looks(), verdicts]).toEqual([0, []]);
  });

  test("when they fail one after another", () => {
    const { lose, see, verdicts } = setUp();
    lose(A);
    jest.advanceTimersByTime(MOMENT + 1);
    lose(B);
    see([ETH0, ETH1]);
    expect(verdicts).toEqual([]);
  });

  test("when they were never healthy", () => {
    const { lose, see, looks, verdicts } = setUp([]);
    lose(A, B);
    see(DOWN);
    expect([looks(), verdicts]).toEqual([0, []]);
  });

  test("but the last one that fails with the link is told as well", () => {
    const { lose, see, verdicts } = setUp([A]);
    lose(A);
    see(DOWN);
    expect(verdicts).toEqual([failedTogether([A], NO_CARRIER)]);
  });
});

test("the fault of a link that leads to gateways is told when it begins and when it ends", () => {
  const { see, events } = setUp();
  for (const links of [DOWN, DOWN, [ETH0, { ...ETH1, up: false }], [ETH0, ETH1]]) see(links);
  const told = { type: "link-fault", device: "eth0", gateways: [A, B] } as const;
  expect(events).toEqual([
    { ...told, what: "has no carrier" },
    { ...told, what: undefined },
  ]);
});
