/**
 * Probes in a process of their own, for tests that set its environment variables, its network or its limits before it
 * starts.
 */
import { httpProbe, type HttpTarget } from "../../src/probe/http.ts";
import type { ProbeResult } from "../../src/probe/probe.ts";

/** A probe to make; the address is 127.0.0.1 by default. */
export interface ChildTarget extends HttpTarget {
  readonly gateway?: string;
}

export interface ChildOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Shell commands to run before the probes. */
  readonly setUp?: string;
  /** Whether the process has a network namespace of its own, in which only `setUp` makes interfaces. */
  readonly ownNetwork?: boolean;
  /** The network namespace that it runs in instead. */
  readonly namespace?: string;
}

/** Makes all probes at the same time in a new process, and waits until it has ended by itself. */
export async function probeInChild(targets: readonly ChildTarget[], options: ChildOptions = {}) {
  const { environment = {}, setUp = "", ownNetwork = false, namespace } = options;
  const script = `set -e\n${setUp}\nexec "$0" "$@"`;
  const within = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
  const prefix = ownNetwork ? ["unshare", "--net"] : within;
  const child = Bun.spawn(
    [...prefix, "sh", "-c", script, process.execPath, import.meta.path, JSON.stringify(targets)],
    { env: { PATH: process.env["PATH"]!, ...environment }, stdout: "pipe", stderr: "pipe" },
  );
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0 || stderr !== "") throw new Error(`the probing process ended with status ${status}: ${stderr}`);
  return JSON.parse(stdout) as ProbeResult[];
}

if (import.meta.main) {
  const targets = JSON.parse(process.argv[2]!) as ChildTarget[];
  const results = await Promise.all(targets.map((target) => httpProbe(target)(target.gateway ?? "127.0.0.1")));
  process.stdout.write(JSON.stringify(results));
}
