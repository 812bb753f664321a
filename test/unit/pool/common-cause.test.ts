import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { parseCidr } from "../../../src/net/cidr.ts";
import type { Link } from "../../../src/net/link.ts";
import { CommonCause } from "../../../src/pool/common-cause.ts";
import type { PoolEvent } from "../../../src/pool/events.ts";
import type { LinkFault } from "../../../src/pool/link-fault.ts";
import { LinkFaults } from "../../../src/pool/link-faults.ts";

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

/** All these gateways are up, and their links have been read without a fault. */
function setUp(gateways: readonly string[] = [A, B], devices: ReadonlyMap<string, string> = DEVICES) {
  const events: PoolEvent[] = [];
  const failures: PoolEvent[] = [];
  const up = new Set(gateways);
  const emit = (event: PoolEvent): void => void (event.type === "failed-together" ? failures : events).push(event);
  const cause = new CommonCause({ moment: MOMENT, linkFaults: new LinkFaults(emit), emit });
  const read = (links: readonly Link[], devicesNow = devices) => cause.examine({ links, devices: devicesNow });
  read([ETH0, ETH1]);
  return {
    ...{ read, failures, events },
    fail: (...lost: string[]) => {
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

describe("when all gateways fail in the same moment", () => {
  test("as the link to them does, the gateways and the fault of the link are reported once", () => {
    const { fail, read, failures } = setUp();
    fail(A, B);
    expect(failures).toEqual([]);
    expect(read(DOWN)).toEqual([A, B]);
    expect(read(DOWN)).toEqual([]);
    expect(failures).toEqual([failedTogether([A, B], NO_CARRIER)]);
  });

  test("less than the moment after a fault of the link is over, the fault is reported with them", () => {
    const { fail, read, failures } = setUp();
    read(DOWN);
    read([ETH0, ETH1]);
    jest.advanceTimersByTime(MOMENT - 1);
    fail(A, B);
    read([ETH0, ETH1]);
    expect(failures).toEqual([failedTogether([A, B], NO_CARRIER)]);
  });

  test("more than the moment after a fault of the link is over, no link is reported with them", () => {
    const { fail, read, failures } = setUp();
    read(DOWN);
    read([ETH0, ETH1]);
    jest.advanceTimersByTime(MOMENT + 1);
    fail(A, B);
    read([ETH0, ETH1]);
    expect(failures).toEqual([failedTogether([A, B])]);
  });

  test("as the link and the route to them disappear, the link is reported as gone", () => {
    const { fail, read, failures } = setUp();
    fail(A, B);
    read([ETH1], new Map());
    expect(failures).toEqual([
      failedTogether([A, B], {
        device: "eth0",
        fault: { code: "gone", detail: "has lost its address 10.0.0.1, or is gone" },
      }),
    ]);
  });

  test("during a fault of the link that began long before, the fault is reported with them", () => {
    const { fail, read, failures } = setUp([A, B]);
    const without = [{ ...ETH0, addresses: [] }, ETH1];
    read(without);
    jest.advanceTimersByTime(10 * MOMENT);
    fail(A, B);
    read(without);
    expect(failures).toEqual([
      failedTogether([A, B], {
        device: "eth0",
        fault: { code: "address-lost", detail: "has lost its address 10.0.0.1" },
      }),
    ]);
  });

  test("while only one of the links to them is at fault, no link is reported with them", () => {
    const { fail, read, failures } = setUp(
      [A, C],
      new Map([
        [A, "eth0"],
        [C, "eth1"],
      ]),
    );
    fail(A, C);
    read(DOWN);
    expect(failures).toEqual([failedTogether([A, C])]);
  });
});

describe("no common failure is reported", () => {
  test("when one gateway stays healthy", () => {
    const { fail, read, failures } = setUp([A, B, C]);
    fail(A, B);
    read(DOWN);
    expect(failures).toEqual([]);
  });

  test("when the gateways fail more than the moment apart", () => {
    const { fail, read, failures } = setUp();
    fail(A);
    jest.advanceTimersByTime(MOMENT + 1);
    fail(B);
    read([ETH0, ETH1]);
    expect(failures).toEqual([]);
  });

  test("when the gateways were never healthy", () => {
    const { fail, read, failures } = setUp([]);
    fail(A, B);
    read(DOWN);
    expect(failures).toEqual([]);
  });
});

test("a single healthy gateway that fails with its link is reported with the fault of the link", () => {
  const { fail, read, failures } = setUp([A]);
  fail(A);
  read(DOWN);
  expect(failures).toEqual([failedTogether([A], NO_CARRIER)]);
});

test("the fault of a link that leads to gateways is reported when it begins and when it ends", () => {
  const { read, events } = setUp();
  for (const links of [DOWN, DOWN, [ETH0, { ...ETH1, up: false }], [ETH0, ETH1]]) read(links);
  const reported = { type: "link-fault", device: "eth0", gateways: [A, B] } as const;
  expect(events).toEqual([
    { ...reported, fault: NO_CARRIER.fault },
    { ...reported, fault: undefined },
  ]);
});

describe("a gateway that is reached over another interface after a fault of the first", () => {
  const BR0 = { ...ETH0, name: "br0" };
  const over = (device: string) => new Map([A, B].map((gateway) => [gateway, device] as const));
  const GONE = { code: "gone", detail: "has lost its address 10.0.0.1, or is gone" } as const;

  test("is reported as free of that fault", () => {
    const { read, events } = setUp();
    read([ETH1], new Map());
    for (let reading = 0; reading < 2; reading++) read([BR0, ETH1], over("br0"));
    expect(events).toEqual([
      { type: "link-fault", device: "eth0", fault: GONE, gateways: [A, B] },
      { type: "link-fault", device: "br0", fault: undefined, gateways: [A, B] },
    ]);
  });

  test("alone is reported alone", () => {
    const { read, events } = setUp();
    read([ETH1], new Map());
    read([BR0, ETH1], new Map([[A, "br0"]]));
    expect(events.slice(1)).toEqual([{ type: "link-fault", device: "br0", fault: undefined, gateways: [A] }]);
  });

  test("and later over the first again, which has no address now, is not reported with the loss of its address", () => {
    const { read, events } = setUp();
    read([BR0, ETH1], over("br0"));
    read([{ ...ETH0, addresses: [] }, ETH1], over("eth0"));
    expect(events).toEqual([]);
  });

  test("fails in the moment of the change together with the interface that led to it before", () => {
    const { read, fail, failures } = setUp();
    read([ETH1], new Map());
    fail(A, B);
    read([BR0, ETH1], over("br0"));
    expect(failures).toEqual([failedTogether([A, B], { device: "eth0", fault: GONE })]);
  });
});

describe("without a fault of a link", () => {
  const SPREAD = 100;
  /** Two gateways whose probes were begun this long before the failure was known, in milliseconds. */
  const judge = (ages: readonly [number, number], apartMs: number) => {
    const failures: PoolEvent[] = [];
    const emit = (event: PoolEvent): void => void (event.type === "failed-together" && failures.push(event));
    const cause = new CommonCause({ moment: MOMENT, spread: SPREAD, linkFaults: new LinkFaults(emit), emit });
    cause.lost(A, false, performance.now() - ages[0]);
    jest.advanceTimersByTime(apartMs);
    cause.lost(B, true, performance.now() - ages[1]);
    cause.examine({ links: [ETH0, ETH1], devices: DEVICES });
    return failures;
  };

  test("gateways whose probes were begun together failed in one moment, however long each probe took", () => {
    expect(judge([1, 1001], 1000)).toEqual([failedTogether([A, B])]);
  });

  test("gateways that fail one probe after the other did not, though less than a period lies between them", () => {
    expect(judge([1, 1], SPREAD + 10)).toEqual([]);
  });
});
