import { expect } from "bun:test";

import { createDynu } from "../../src/ddns/providers/dynu/dynu.ts";
import {
  type DnsRecord,
  ProviderError,
  type ProviderSettings,
  type RecordProvider,
} from "../../src/ddns/providers/provider.ts";
import { createSend } from "../../src/ddns/create-provider.ts";
import { type Call, FakeDynu, type FakeDynuOptions, type FakeRecord, type Fault } from "../fakes/dynu.ts";
import { DYNU_FAULTS, type FaultRow } from "./ddns-faults.fixture.ts";

/** A provider to test, and direct access to the same zone. */
export interface ProviderBench extends Disposable {
  readonly provider: RecordProvider;
  readonly fake: FakeDynu;
}

export type Operation = "list" | "change" | "add" | "remove";

/** A request that an operation makes, where it has not made any before. */
export interface Step {
  readonly operation: Operation;
  readonly call: Call;
}

export interface ProviderRow {
  readonly open: (options?: FakeDynuOptions, own?: Partial<ProviderSettings>) => ProviderBench;
  readonly steps: readonly Step[];
  readonly faults: readonly FaultRow[];
}

const OPERATIONS: readonly Operation[] = ["list", "change", "add", "remove"];
const DYNU_STEPS = OPERATIONS.flatMap((operation): Step[] => [
  { operation, call: "getroot" },
  { operation, call: operation },
]);

/** Every provider, over each transport that its fake has. */
export const PROVIDERS: readonly [string, ProviderRow][] = [
  ["Dynu in memory", { open: dynuInMemory, steps: DYNU_STEPS, faults: DYNU_FAULTS }],
  ["Dynu over HTTP", { open: dynuOverHttp, steps: DYNU_STEPS, faults: DYNU_FAULTS }],
];

function dynuInMemory(options?: FakeDynuOptions, own?: Partial<ProviderSettings>): ProviderBench {
  const fake = new FakeDynu(options);
  return { fake, provider: dynu(fake, { send: createSend(fake.fetch), ...own }), [Symbol.dispose]() {} };
}

function dynuOverHttp(options?: FakeDynuOptions, own?: Partial<ProviderSettings>): ProviderBench {
  const fake = new FakeDynu(options);
  const { port, close } = fake.listen({ hostname: "127.0.0.1", port: 0 });
  return { fake, provider: dynu(fake, { apiUrl: `http://127.0.0.1:${port}/v2`, ...own }), [Symbol.dispose]: close };
}

/** The provider for the name at this fake. */
export function dynu({ hostname, key }: FakeDynu, more: Partial<ProviderSettings>): RecordProvider {
  return createDynu({ hostname, password: key, timeout: 60_000, send: createSend(), ...more });
}

/** Never aborts. */
export const patient = new AbortController().signal;

/** A record as a provider lists it. */
export function recordOf({ id, content, ttl, state }: FakeRecord): DnsRecord {
  return { id: String(id), address: content, ttl, enabled: state };
}

/** Carries out one operation, with a new address and a record that is there. */
export async function perform({ provider, fake }: ProviderBench, operation: Operation, signal = patient) {
  const content = { address: "8.0.0.8", ttl: 60 };
  switch (operation) {
    case "list":
      return provider.list(signal);
    case "change":
      return provider.change(recordOf(fake.put({ content: "1.0.0.1" })), content, signal);
    case "add":
      return provider.add(content, signal);
    case "remove":
      return provider.remove(recordOf(fake.put({ content: "1.0.0.1" })), signal);
  }
}

/** Whether the step's request changes records; the request for the zone before it does not. */
export function isWrite({ operation, call }: Step): boolean {
  return call === operation && operation !== "list";
}

/** The error that an operation ends with. */
export async function failureOf(operation: Promise<unknown>): Promise<ProviderError> {
  const error = await operation.then(
    (value) => `no error but ${Bun.inspect(value)}`,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

/** Fails every step with this fault, each on a zone of its own, and judges the errors. */
export async function endsOf<T>(
  { open, steps }: Pick<ProviderRow, "open" | "steps">,
  fault: Fault,
  judge: (error: ProviderError) => T,
): Promise<(Step & { end: T })[]> {
  const ends = [];
  for (const step of steps) {
    using bench = open();
    bench.fake.fail(fault, { call: step.call });
    ends.push({ ...step, end: judge(await failureOf(perform(bench, step.operation))) });
  }
  return ends;
}

/** Everything about an error that may come to a log. */
export function textOf(error: ProviderError): string {
  return [error.message, error.stack, Bun.inspect(error), JSON.stringify(error)].join("\n");
}
