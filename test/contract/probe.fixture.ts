/** Probes of local servers, in this process. */
import { expect } from "bun:test";

import { httpProbe, type HttpTarget } from "../../src/probe/http.ts";
import type { ProbeResult } from "../../src/probe/probe.ts";
import { outcomeOf } from "../fakes/probe-outcomes.ts";
import { type Behaviour, type ProbeServer, startProbeServer } from "../fakes/probe-server.ts";

/** The target of an HTTP probe of a server on this machine. */
export const target = (server: { port: number }, more: Partial<HttpTarget> = {}): HttpTarget => {
  return { scheme: "http", port: server.port, path: "/", timeout: 5000, ...more };
};

/** Probes a server once. */
export const probe = (server: { port: number }, more?: Partial<HttpTarget>): Promise<ProbeResult> =>
  httpProbe(target(server, more))("127.0.0.1");

/** The outcome of one probe of a server with this behaviour. */
export async function outcomeAt(behaviour: Behaviour, more?: Partial<HttpTarget>) {
  await using server = await startProbeServer(behaviour);
  return outcomeOf(await probe(server, more));
}

/**
 * Waits until the only connection of a server is closed, for 500 ms at most: a connection that only the garbage collector
 * closes stays open for about a second.
 */
export async function closing({ visits }: ProbeServer): Promise<void> {
  expect(visits).toHaveLength(1);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("the connection is still open after 500 ms")), 500);
  await Promise.race([visits[0]!.closed, late.promise]).finally(() => clearTimeout(timer));
}

export const MIB = 2 ** 20;
