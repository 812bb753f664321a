/**
 * Probes through gateways in a process of their own, which a test starts in a network namespace, as a user without
 * rights, or with other limits.
 */
import { readdirSync, readFileSync } from "node:fs";

import type { Family } from "../../src/net/address.ts";
import type { ProbeResult } from "../../src/probe/probe.ts";
import { type ThroughSettings, throughProberOf } from "../../src/probe/probers.ts";
import { findUnsupported, type SocketKind } from "../../src/probe/socket/marked-socket.ts";
import type { Unsupported } from "../../src/probe/socket/unsupported.ts";

/** Probes of one target, at the same time. */
export interface Job {
  readonly settings: ThroughSettings;
  readonly mark: number;
  /** IPv4 by default. */
  readonly family?: Family;
  /** How many; default: 1. */
  readonly times?: number;
  /** Blocks the process for so many milliseconds once the probes have started, as when it is stopped. */
  readonly stall?: number;
}

export interface ChildReport {
  readonly unsupported?: Unsupported | undefined;
  /** The results of each job. */
  readonly results: readonly (readonly ProbeResult[])[];
  /** How many descriptors more are open after the jobs than before them. */
  readonly moreDescriptors: number;
  /** Connections of the namespace in the state TIME_WAIT. */
  readonly timeWait: number;
}

export interface ChildRequest {
  /** The kinds of sockets that the process has to be able to make. */
  readonly kinds?: readonly SocketKind[];
  /** Jobs, one after the other. */
  readonly jobs: readonly Job[];
}

const descriptors = (): number => readdirSync("/proc/self/fd").length;
const TIME_WAIT = "06";

async function run({ settings, family, mark, times = 1, stall }: Job): Promise<ProbeResult[]> {
  const probe = throughProberOf(settings);
  const results = Promise.all(Array.from({ length: times }, () => probe({ family, mark })));
  if (stall !== undefined) setTimeout(() => Bun.sleepSync(stall), 1);
  return results;
}

async function report({ kinds = [], jobs }: ChildRequest): Promise<ChildReport> {
  const unsupported = findUnsupported(kinds);
  const before = descriptors();
  const results: ProbeResult[][] = [];
  for (const job of jobs) results.push(await run(job));
  await Bun.sleep(50); // what was destroyed is closed by the next turn of the event loop
  const connections = ["tcp", "tcp6"].flatMap((name) => {
    return readFileSync(`/proc/self/net/${name}`, "utf8").trim().split("\n").slice(1);
  });
  const timeWait = connections.filter((line) => line.trim().split(/\s+/)[3] === TIME_WAIT).length;
  return { unsupported, results, moreDescriptors: descriptors() - before, timeWait };
}

if (import.meta.main) process.stdout.write(JSON.stringify(await report(JSON.parse(process.argv[2]!))));
