/**
 * Probes one target again and again and prints the microseconds of processor time for each probe:
 * `bun probe-cost.ts KIND PORT`, where KIND is `gateway` or a kind of target beyond a gateway.
 */
import { httpProbe } from "../../src/probe/http.ts";
import type { ProbeResult } from "../../src/probe/probe.ts";
import { throughProberOf } from "../../src/probe/probers.ts";

const WARM_UP = 500;
const PROBES = 4000;
/** Milliseconds from one probe to the next, as of 100 gateways that are probed each 250 ms. */
const PERIOD = 2.5;

const [kind, port] = [process.argv[2]!, Number(process.argv[3])];
const probe = probeOf(kind);
await probes(WARM_UP);
const start = process.cpuUsage();
await probes(PROBES);
const { user, system } = process.cpuUsage(start);
console.log((user + system) / PROBES);

function probeOf(kind: string): () => Promise<ProbeResult> {
  const [address, timeout] = ["127.0.0.1", 1000];
  const path = { mark: 1 };
  if (kind === "gateway") {
    const ask = httpProbe({ scheme: "http", port, path: "/", timeout });
    return () => ask(address);
  }
  if (kind === "url") {
    const ask = throughProberOf({ kind, url: `http://${address}:${port}/`, timeout });
    return () => ask(path);
  }
  if (kind !== "icmp" && kind !== "tcp" && kind !== "dns") throw new Error(`no such kind of probe: ${kind}`);
  const ask = throughProberOf({ kind, address, port, timeout });
  return () => ask(path);
}

async function probes(count: number): Promise<void> {
  const start = performance.now();
  for (let made = 1; made <= count; made++) {
    const result = await probe();
    if (result.kind === "failure") throw new Error(`the probe failed: ${result.detail}`);
    await Bun.sleep(Math.max(0, start + made * PERIOD - performance.now()));
  }
}
