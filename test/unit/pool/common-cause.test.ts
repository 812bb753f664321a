import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import type { Link } from "../../../src/net/link.ts";
import { CommonCause } from "../../../src/pool/common-cause.ts";
import type { PoolEvent } from "../../../src/pool/events.ts";
import type { LinkFault } from "../../../src/pool/link-fault.ts";

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

/** All these gateways are up, and their links have been seen to be sound. */
function setUp(gateways: readonly string[] = [A, B], devices: ReadonlyMap<string, string> = DEVICES) {
  const events: PoolEvent[] = [];
  const verdicts: PoolEvent[] = [];
  const up = new Set(gateways);
  const emit = (event: PoolEvent): void => void (event.type === "failed-together" ? verdicts : events).push(event);
  const cause = new CommonCause({ moment: MOMENT, emit });
  const see = (links: readonly Link[], seen = devices) => cause.examine({ links, devices: seen });
  see([ETH0, ETH1]);
  return {
    ...{ see, verdicts, events },
    lose: (...lost: string[]) => {
      for (const gateway of lost) if (up.delete(gateway)) cause.lost(gateway, up.size === 0);
    },
  };
}

const failedTogether = (gateways: readonly string[], ...links: { device: string; fault: LinkFault }[]): PoolEvent => ({
  type: "failed-together",
  gateways,
  links,
});
const DOWN = [{ ...ETH0, carrier: false }, ETH1];
const NO_CARRIER = { device: "eth0", fault: { code: "no-carrier", detail: "has no carrier" } } as const;

describe("all gateways fail in the same moment", () => {
  test("as this router's own link does: the link is at fault, and the gateways are named", () => {
    const { lose, see, verdicts } = setUp();
    lose(A, B);
    expect(verdicts).toEqual([]);
    expect(see(DOWN)).toEqual([A, B]);
    expect(see(DOWN)).toEqual([]);
    expect(verdicts).toEqual([failedTogether([A, B], NO_CARRIER)]);
  });

  test("shortly after a fault of the link that is over: the link was at fault", () => {
    const { lose, see, verdicts } = setUp();
    see(DOWN);
    see([ETH0, ETH1]);
    jest.advanceTimersByTime(MOMENT - 1);
    lose(A, B);
    see([ETH0, ETH1]);
    expect(verdicts).toEqual([failedTogether([A, B], NO_CARRIER)]);
  });

  test("long after a fault of the link that is over: the link was not at fault", () => {
    const { lose, see, verdicts } = setUp();
    see(DOWN);
    see([ETH0, ETH1]);
    jest.advanceTimersByTime(MOMENT + 1);
    lose(A, B);
    see([ETH0, ETH1]);
    expect(verdicts).toEqual([failedTogether([A, B])]);
  });

  test("with an address that is gone, and the route to the gateways with it: the link is at fault", () => {
    const { lose, see, verdicts } = setUp();
    lose(A, B);
    see([ETH1], new Map());
    expect(verdicts).toEqual([
      failedTogether([A, B], {
        device: "eth0",
        fault: { code: "gone", detail: "has lost its address 10.0.0.1, or is gone" },
      }),
    ]);
  });

  test("with a fault of the link that has lasted for long: the link is at fault", () => {
    const { lose, see, verdicts } = setUp([A, B]);
    const without = [{ ...ETH0, addresses: [] }, ETH1];
    see(without);
    jest.advanceTimersByTime(10 * MOMENT);
    lose(A, B);
    see(without);
    expect(verdicts).toEqual([
      failedTogether([A, B], {
        device: "eth0",
        fault: { code: "address-lost", detail: "has lost its address 10.0.0.1" },
      }),
    ]);
  });

  test("while only one of the links that lead to them is down: no link is at fault", () => {
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
});

describe("there is no common cause", () => {
  test("when one gateway is left", () => {
    const { lose, see, verdicts } = setUp([A, B, C]);
    lose(A, B);
    see(DOWN);
    expect(verdicts).toEqual([]);
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
    const { lose, see, verdicts } = setUp([]);
    lose(A, B);
    see(DOWN);
    expect(verdicts).toEqual([]);
  });

  test("but the last one that fails with its link is reported as well", () => {
    const { lose, see, verdicts } = setUp([A]);
    lose(A);
    see(DOWN);
    expect(verdicts).toEqual([failedTogether([A], NO_CARRIER)]);
  });
});

test("the fault of a link that leads to gateways is reported when it begins and when it ends", () => {
  const { see, events } = setUp();
  for (const links of [DOWN, DOWN, [ETH0, { ...ETH1, up: false }], [ETH0, ETH1]]) see(links);
  const reported = { type: "link-fault", device: "eth0", gateways: [A, B] } as const;
  expect(events).toEqual([
    { ...reported, fault: NO_CARRIER.fault },
    { ...reported, fault: undefined },
  ]);
});
