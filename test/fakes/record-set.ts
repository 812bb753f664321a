import { ProviderError, type RecordSet, type SetProvider } from "../../src/ddns/providers/provider.ts";

/** What happens to one request: it gets lost on its way, its answer does, or the provider declines it. */
export type SetFault = "lost" | "answer lost" | "refused" | "access";

/** A provider in memory that takes all records of a name at once. */
export class FakeRecordSet implements SetProvider {
  readonly kind = "set";
  /** Whether it compares what is there with what should be. */
  compares = true;
  /** The time to live that it stores in place of any other, in seconds. */
  ownTtl: number | undefined;
  /** The least time to live that it takes and names, in seconds. */
  leastTtl: number | undefined;
  /** The sets that resolvers could see, the newest last. */
  readonly moments: RecordSet[] = [{ addresses: [], ttl: undefined }];
  /** The requests so far. */
  readonly calls: ("read" | "replace")[] = [];
  readonly #faults: SetFault[] = [];

  /** Something else writes the set. */
  put(addresses: readonly string[], ttl = 60): void {
    this.moments.push({ addresses: [...addresses], ttl });
  }

  get addresses(): readonly string[] {
    return [...this.#set.addresses].sort();
  }

  get ttl(): number | undefined {
    return this.#set.ttl;
  }

  /** Lets the next requests end so, one after the other. */
  fail(...faults: readonly SetFault[]): void {
    this.#faults.push(...faults);
  }

  heal(): void {
    this.#faults.length = 0;
  }

  async read(signal: AbortSignal): Promise<RecordSet> {
    return this.#answer("read", signal, () => ({ ...this.#set, leastTtl: this.leastTtl }));
  }

  async replace(
    { addresses, ttl }: RecordSet & { readonly ttl: number },
    expected: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    return this.#answer("replace", signal, () => {
      const isExpected = [...expected].sort().join() === this.addresses.join();
      if (this.compares && !isExpected) throw new ProviderError("passing", "the records were changed meanwhile");
      this.put(addresses, addresses.length === 0 ? undefined : (this.ownTtl ?? Math.max(ttl, this.leastTtl ?? 0)));
    });
  }

  get #set(): RecordSet {
    return this.moments.at(-1)!;
  }

  async #answer<T>(call: "read" | "replace", signal: AbortSignal, run: () => T): Promise<T> {
    if (signal.aborted) throw new ProviderError("passing", "the request was aborted");
    this.calls.push(call);
    const fault = this.#faults.shift();
    if (fault === "refused" || fault === "access") throw new ProviderError(fault, "declined");
    if (fault === "lost") throw new ProviderError("passing", "no answer", { code: "timeout" });
    const result = run();
    if (fault === "answer lost") throw new ProviderError("passing", "no answer", { code: "timeout" });
    return result;
  }
}
