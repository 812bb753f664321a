/** A short form of scripts/soak, with wider bounds: it finds resources that grow with the number of probes. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { growing } from "../../scripts/benchmarks/growth.ts";
import { soakFor } from "../../scripts/benchmarks/soak.ts";

setDefaultTimeout(180_000);

test("memory, descriptors, children and threads do not grow during 20,000 probes with flaps and HTTP clients", async () => {
  const { samples, flaps } = await soakFor(20_000);
  expect(flaps).toBeGreaterThan(10);
  // At this rate the heap may grow by tens of MiB between two collections; a leak of 4 KiB a probe exceeds that.
  expect(growing(samples, { anonymous: 60, descriptors: 200, children: 10, threads: 10 })).toEqual([]);
});
