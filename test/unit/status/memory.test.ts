import { expect, test } from "bun:test";
import { heapStats } from "bun:jsc";

import { failed, GATEWAYS, healthy, observed, route, setUp, turned } from "./model.fixture.ts";

/** Bytes on the heap once everything unused is gone. */
function heap(): number {
  Bun.gc(true);
  return heapStats().heapSize;
}

test("the status model does not grow, whatever happens for however long", () => {
  const { clock, model, record, status } = setUp();
  /** A long time in which everything that can happen does. */
  const live = (rounds: number): void => {
    for (let round = 0; round < rounds; round++) {
      clock.now += 997;
      for (const number of [1, 2, 3]) {
        record(healthy(number, Math.random()), failed(number, `reason ${round}`, round));
        record(turned(number, round % 2 === 0 ? "up" : "down"));
      }
      record(observed([route([{ gateway: GATEWAYS[0], weight: 1 }])]));
      record({ type: "public-ip-changed", gateway: GATEWAYS[0], from: undefined, to: `1.0.0.${round % 256}` });
      record({ type: "ddns-verified", addresses: [`1.0.${round}`], retained: [] });
      record({ type: "ddns-trouble", kind: "passing", detail: `trouble ${round}`, waitMs: 1 });
      model.log.add("info", `entry ${round}`);
      if (round % 100 === 0) status();
    }
  };
  live(2000);
  const [size, bytes] = [JSON.stringify(status()).length, heap()];
  live(50_000);
  expect(JSON.stringify(status()).length).toBeLessThan(size * 1.2);
  expect(heap() - bytes).toBeLessThan(1 << 20); // one number kept of each probe would be 2.4 MiB
});
