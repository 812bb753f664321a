/**
 * Probes in a process of their own, for what only the surroundings of a process can set: its environment before it
 * starts, its network, its limits.
 */
import { httpProbe, type HttpTarget } from "../../src/probe/http.ts";
import type { ProbeResult } from "../../src/probe/probe.ts";

/** A probe to make; the address is 127.0.0.1 unless told otherwise. */
export interface ChildTarget extends HttpTarget {
  readonly gateway?: string;
}

export interface ChildOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Shell commands to run before the probes. */
  readonly setUp?: string;
  /** Whether the process has a network of its own, empty but for what `setUp` makes. */
  readonly ownNetwork?: boolean;
}

/** Makes all probes at once in a new process, and waits until it has ended by itself. */
export async function probeInChild(targets: readonly ChildTarget[], options: ChildOptions = {}) {
  const { environment = {}, setUp = "", ownNetwork = false } = options;
  const script = `set -e\n${setUp}\nexec "$0" "$@"`;
  const prefix = ownNetwork ? ["unshare", "--net"] : [];
  const child = Bun.spawn(
    [...prefix, "sh", "-c", script, process.execPath, import.meta.path, JSON.stringify(targets)],
    { env: { PATH: process.env["PATH"]!, ...environment }, stdout: "pipe", stderr: "pipe" },
  );
  const [output, complaints, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0 || complaints !== "") throw new Error(`the probing process ended with ${status}: ${complaints}`);
  return JSON.parse(output) as ProbeResult[];
}

if (import.meta.main) {
  const targets = JSON.parse(process.argv[2]!) as ChildTarget[];
  const results = await Promise.all(targets.map((target) => httpProbe(target)(target.gateway ?? "127.0.0.1")));
  process.stdout.write(JSON.stringify(results));
}
