import { compareAddresses, parseAddress } from "../net/address.ts";
import { deadline } from "../time/deadline.ts";
import { type DdnsProvider, type DnsRecord, ProviderError } from "./providers/provider.ts";
import { planRecords, type RecordChange, type Wish } from "./plan-records.ts";

export interface UpdateOptions {
  readonly provider: DdnsProvider;
  /** Time to live of the records, in seconds. */
  readonly ttl: number;
  /** The newest wish; undefined while there is none and the records should stay as they are. */
  readonly wish: () => Wish | undefined;
  /** Whether this machine may write, as far as it has heard. */
  readonly onDuty: () => boolean;
  /** The same, asked anew. */
  readonly confirmDuty: () => Promise<boolean>;
  /** Milliseconds that one call to the provider may take. */
  readonly callLimit: number;
}

/**
 * How an update ended.
 *
 * - `right`: the records were read, and are as wished
 * - `idle`: there is no wish, nothing is known that could be wished for, or the wish changed at the very end
 * - `off duty`: this machine may not write
 * - an error: what could not be done; the rest was done
 */
export interface Outcome {
  readonly end: "right" | "idle" | "off duty" | ProviderError;
  readonly changes: readonly RecordChange[];
  /** What the name resolves to now, as far as is known. */
  readonly addresses: readonly string[];
  /** Those of them that nobody wished for. */
  readonly spared: readonly string[];
}

/**
 * One update: lists the records, makes one change after another, and lists them again. Each change is planned with the
 * newest wish, so that one that comes meanwhile is neither lost nor late. Never rejects.
 */
export async function updateRecords(options: UpdateOptions, signal: AbortSignal): Promise<Outcome> {
  const update = new Update(options, signal);
  const end = await update.run().catch(asProviderError);
  const { changes, addresses } = update;
  const wished = options.wish()?.addresses ?? [];
  return { end, changes, addresses, spared: addresses.filter((address) => !wished.includes(address)) };
}

function asProviderError(error: unknown): ProviderError {
  return error instanceof ProviderError ? error : new ProviderError("passing", (error as Error).message);
}

class Update {
  readonly changes: RecordChange[] = [];
  readonly #options: UpdateOptions;
  readonly #signal: AbortSignal;
  /** As they are at the provider, as far as it has told. */
  #records: readonly DnsRecord[] = [];
  /** Whether the account is known to take no more records. */
  #full = false;
  /** Addresses that the provider does not take. */
  readonly #blocked = new Set<string>();
  #refusal: ProviderError | undefined;
  /** The addresses of the newest plan, to tell whether the wish has changed since. */
  #planned: string | undefined;

  constructor(options: UpdateOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  get addresses(): string[] {
    return this.#records.flatMap(({ enabled, address }) => (enabled ? address : [])).sort(byNumber);
  }

  async run(): Promise<Outcome["end"]> {
    const { provider, wish, onDuty, confirmDuty } = this.#options;
    this.#records = await provider.list(this.#limit());
    if (this.#next() && !(await confirmDuty())) return "off duty";
    for (let change = this.#next(); change; change = this.#next()) await this.#make(change);
    if (this.#refusal) return this.#shortfall(this.#refusal);
    if (this.changes.length > 0) {
      const planned = this.#planned;
      this.#records = await provider.list(this.#limit());
      if (this.#next()) return this.#planned === planned ? notKept() : "idle";
    }
    if (!onDuty()) return "off duty";
    const wished = wish();
    return wished && (wished.addresses.length > 0 || wished.mayBeEmpty) ? "right" : "idle";
  }

  /** The next change, if there is one to make. */
  #next(full = this.#full): RecordChange | undefined {
    const { wish, onDuty, ttl } = this.#options;
    const wished = onDuty() ? wish() : undefined;
    if (!wished) return undefined;
    const addresses = wished.addresses.filter((address) => !this.#blocked.has(address));
    this.#planned = addresses.join();
    return planRecords(this.#records, { ...wished, addresses }, ttl, full)[0];
  }

  /** The time limit of one call. */
  #limit(): AbortSignal {
    return deadline(this.#options.callLimit, this.#signal);
  }

  async #make(change: RecordChange): Promise<void> {
    try {
      this.#records = await this.#request(change);
      this.changes.push(change);
    } catch (error) {
      const kind = error instanceof ProviderError ? error.kind : undefined;
      if (kind === "quota" && !this.#full && this.#next(true)?.op === "change") {
        this.#full = true; // there is a way without one more record
      } else if (kind === "refused" || kind === "quota") {
        this.#refusal ??= error as ProviderError;
        this.#giveUp(change, kind);
      } else {
        throw error;
      }
    }
  }

  /** Makes the change at the provider; returns the records as they are then. */
  async #request(change: RecordChange): Promise<readonly DnsRecord[]> {
    const { provider } = this.#options;
    switch (change.op) {
      case "change":
        await provider.change(change.record, change.content, this.#limit());
        return withChange(this.#records, change);
      case "add": {
        const added = await provider.add(change.content, this.#limit());
        return [...this.#records.filter(({ id }) => id !== added.id), added];
      }
      case "remove":
        await provider.remove(change.record, this.#limit());
        return withChange(this.#records, change);
    }
  }

  /** Goes on without a change that was refused, as well as possible. */
  #giveUp(change: RecordChange, kind: "refused" | "quota"): void {
    const there = new Set(this.#records.map(({ address }) => address));
    if (kind === "quota") {
      for (const address of this.#options.wish()?.addresses ?? []) if (!there.has(address)) this.#blocked.add(address);
    }
    if (change.op !== "remove" && !there.has(change.content.address)) {
      this.#blocked.add(change.content.address);
    } else {
      this.#records = withChange(this.#records, change); // a record that cannot be mended or removed is taken for right
    }
  }

  #shortfall(refusal: ProviderError): ProviderError {
    const left = [...this.#blocked].join(", ");
    return left === ""
      ? refusal
      : new ProviderError(refusal.kind, `${refusal.detail}; not published: ${left}`, refusal);
  }
}

function byNumber(a: string, b: string): number {
  return compareAddresses(parseAddress(a)!, parseAddress(b)!);
}

function withChange(records: readonly DnsRecord[], change: RecordChange): DnsRecord[] {
  if (change.op === "change") {
    return records.map((one) => (one === change.record ? { ...one, ...change.content, enabled: true } : one));
  }
  return records.filter((one) => change.op !== "remove" || one !== change.record);
}

function notKept(): ProviderError {
  return new ProviderError(
    "passing",
    "the records read back are not what was written; somebody else may write as well",
  );
}
