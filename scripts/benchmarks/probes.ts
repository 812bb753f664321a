import { join } from "node:path";

import { runtimeSettings } from "../../src/reexecute.ts";
import type { Table } from "./table.ts";

const PORT = 7000;
/** The first is what the others are compared with. */
const KINDS = { gateway: "HTTP to the gateway", icmp: "icmp", tcp: "tcp", dns: "dns", url: "http" } as const;
/** Those that may not cost more than the first. */
const CHEAP: readonly string[] = ["icmp", "tcp"];
const ROUNDS = 3;

/** Processor time of the probes through a gateway, beside those of the gateway itself. */
export async function probes(): Promise<Table[]> {
  const costs = Object.keys(KINDS).map(() => [] as number[]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, kind] of Object.keys(KINDS).entries()) costs[index]!.push(await costOf(kind));
  }
  const least = costs.map((each) => Math.min(...each)); // other programs only add to it
  const rows = Object.values(KINDS).map((name, index) => [name, least[index]!, least[index]! / least[0]!]);
  const title =
    `Processor time of one probe with a new socket, the least of ${ROUNDS} runs of 4,000 probes, 400 each second; the target is on ` +
    "the same machine, so the kernel's work for both ends is in it";
  const columns = [
    { name: "prober" },
    { name: "processor time per probe", unit: "µs" },
    { name: "compared with the first", digits: 2 },
  ];
  const complaints = Object.keys(KINDS)
    .filter((kind, index) => CHEAP.includes(kind) && least[index]! > least[0]!)
    .map((kind) => `a probe by ${kind} costs more than one of the gateway`);
  return [{ title, columns, rows, complaints }];
}

/** Microseconds, measured in a process and a network namespace of their own. */
async function costOf(kind: string): Promise<number> {
  const script = (name: string): string => join(import.meta.dir, name);
  const shell = `ip link set lo up
    echo "0 2147483647" >/proc/sys/net/ipv4/ping_group_range
    "$0" ${script("probe-target.ts")} ${PORT} >/dev/null & target=$!
    until ss -Hlt "sport = ${PORT}" | grep -q .; do sleep 0.05; done
    "$0" ${script("probe-cost.ts")} ${kind} ${PORT}
    kill $target`;
  const child = Bun.spawn(["unshare", "--net", "sh", "-c", shell, process.execPath], {
    env: { ...process.env, ...runtimeSettings() },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [cost, problem] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (!(Number(cost) > 0)) throw new Error(`cannot measure the probes by ${kind}: ${problem}`);
  return Number(cost);
}
