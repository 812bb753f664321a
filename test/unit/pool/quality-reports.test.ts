import { expect, test } from "bun:test";

import type { PoolEvent } from "../../../src/pool/events.ts";
import { QualityReports } from "../../../src/pool/quality-reports.ts";
import type { QualityFault } from "../../../src/pool/quality-triggers.ts";

const LOSS: QualityFault = { code: "loss", detail: "loss 35%" };
const QUALITY = { probes: 10, answered: 9, loss: 0.1, median: 0.02, p90: 0.03 };

function open() {
  const events: PoolEvent[] = [];
  const time = { now: 0 };
  const reports = new QualityReports({
    prober: "icmp 1.1.1.1",
    qualityOf: () => QUALITY,
    emit: (event) => void events.push(event),
    now: () => time.now,
  });
  /** Rounds through a gateway every half second. */
  const rounds = (count: number, gateway: string, fault?: QualityFault): void => {
    for (let round = 0; round < count; round++, time.now += 500) reports.roundEnded(gateway, fault);
  };
  return { events, rounds };
}

test("the quality of a gateway is reported after its first round and then every 4 s", () => {
  const { events, rounds } = open();
  rounds(17, "a");
  expect(events).toHaveLength(3);
  expect(events[0]).toEqual({
    ...{ type: "quality", gateway: "a", prober: "icmp 1.1.1.1" },
    ...{ quality: QUALITY, fault: undefined },
  });
});

test("a fault is reported at once when it begins and when it ends", () => {
  const { events, rounds } = open();
  rounds(2, "a");
  rounds(2, "a", LOSS);
  rounds(1, "a");
  expect(events.map((event) => "fault" in event && event.fault)).toEqual([undefined, LOSS, undefined]);
});

test("each gateway is reported in its own time", () => {
  const { events, rounds } = open();
  rounds(2, "a");
  rounds(2, "b");
  expect(events.map((event) => "gateway" in event && event.gateway)).toEqual(["a", "b"]);
});
