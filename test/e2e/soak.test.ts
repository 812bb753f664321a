/** What grows with the number of probes shows soon. scripts/soak is the long form, with bounds that are closer. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { growing } from "../../scripts/benchmarks/growth.ts";
import { soakFor } from "../../scripts/benchmarks/soak.ts";

setDefaultTimeout(180_000);

test("20,000 probes, readers and gateways that come and go leave nothing behind", async () => {
  const { samples, flaps } = await soakFor(20_000);
  expect(flaps).toBeGreaterThan(10);
  // Between two collections the heap may grow by tens of MiB at this rate; a leak of 4 KiB a probe is more than that.
  expect(growing(samples, { anonymous: 60, descriptors: 200, children: 10, threads: 10 })).toEqual([]);
});
