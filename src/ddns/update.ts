import { compareAddresses, FAMILIES, parseAddress } from "../net/address.ts";
import { deadline } from "../time/deadline.ts";
import { type DesiredRecords, isKnown, planRecords, type RecordChange } from "./plan-records.ts";
import {
  type DdnsProvider,
  type DnsRecord,
  ProviderError,
  type RecordProvider,
  type SetProvider,
} from "./providers/provider.ts";
import { type Difference, type ReadBack, UNEXPLAINED } from "./read-back.ts";
import { listRecords, recordsOf, setAfter, withChange } from "./record-sets.ts";
import type { WriteGate } from "./write-gate.ts";

export interface UpdateOptions {
  readonly provider: DdnsProvider;
  /** Time to live of the records, in seconds. */
  readonly ttl: number;
  /** The newest desired records; undefined while the records should stay as they are. */
  readonly desired: () => DesiredRecords | undefined;
  readonly writeGate: Pick<WriteGate, "allowed" | "confirm">;
  /** Milliseconds that one call to the provider may take. */
  readonly callLimit: number;
}

/**
 * How an update ended.
 *
 * - `correct`: the records were read, and are as desired
 * - `idle`: nothing is desired, none of the desired addresses is known, or they changed at the very end
 * - `writes not allowed`: this machine lacks the required address
 * - a difference: every change succeeded, but the records read back are not as desired
 * - an error: what could not be done; the rest was done
 */
export interface Outcome {
  readonly end: "correct" | "idle" | "writes not allowed" | Difference | ProviderError;
  /** Whether the records could be read, which takes access to them. */
  readonly listed: boolean;
  readonly changes: readonly RecordChange[];
  /** The addresses that were desired, as text. */
  readonly planned: string | undefined;
  /** A time to live, in seconds, that counts as the desired one from now on, since the provider replaces that. */
  readonly acceptedTtl: number | undefined;
  /** What the name resolves to now, as far as is known. */
  readonly addresses: readonly string[];
  /** Those of them that are not desired. */
  readonly retained: readonly string[];
}

/**
 * One update: lists the records, makes one change after another, and lists them again. Each change is planned with the
 * newest desired records, so that one that comes meanwhile is neither lost nor late. A provider that takes all records at
 * once gets all changes at once. Never rejects.
 */
export async function updateRecords(options: UpdateOptions, readBack: ReadBack, signal: AbortSignal): Promise<Outcome> {
  const update = new Update(options, readBack, signal);
  const end = await update.run().catch((error: unknown) => {
    return error instanceof ProviderError ? error : new ProviderError("passing", (error as Error).message);
  });
  const { listed, changes, planned, acceptedTtl, addresses } = update;
  const desired = options.desired()?.addresses ?? [];
  const retained = addresses.filter((address) => !desired.includes(address));
  return { end, listed, changes, planned, acceptedTtl, addresses, retained };
}

class Update {
  readonly changes: RecordChange[] = [];
  listed = false;
  /** The addresses of the newest plan, which show whether others are desired since. */
  planned: string | undefined;
  acceptedTtl: number | undefined;
  readonly #options: UpdateOptions;
  readonly #readBack: ReadBack;
  readonly #signal: AbortSignal;
  /** As they are at the provider, by its answers. */
  #records: readonly DnsRecord[] = [];
  /** The addresses that the provider holds, of a set, by its newest answer. */
  #held: readonly string[] = [];
  /** Whether records were added or changed since the newest list. */
  #hasUnread = false;
  /** What was written, by the id of the record; undefined for one that was removed. */
  readonly #written = new Map<string, DnsRecord | undefined>();
  /** Whether the account is known to take no more records. */
  #full = false;
  /** Addresses that the provider declines. */
  readonly #blocked = new Set<string>();
  /** The first change that the provider declined. */
  #declined: ProviderError | undefined;

  constructor(options: UpdateOptions, readBack: ReadBack, signal: AbortSignal) {
    this.#options = options;
    this.#readBack = readBack;
    this.#signal = signal;
  }

  get addresses(): string[] {
    return this.#records.flatMap(({ enabled, address }) => (enabled ? address : [])).sort(byNumber);
  }

  async run(): Promise<Outcome["end"]> {
    const { desired, writeGate } = this.#options;
    let listed = await this.#list();
    this.listed = true;
    if (this.#plan().length > 0 && !(await writeGate.confirm())) return "writes not allowed";
    for (let plan = this.#plan(); plan.length > 0 && !this.#mustWait(plan); plan = this.#plan()) {
      await (this.#mustList(plan) ? this.#list() : this.#make(plan));
    }
    if (this.#declined) return this.#shortfall(this.#declined);
    const { planned } = this;
    if (this.changes.length > 0) listed = await this.#list();
    if (!writeGate.allowed) return "writes not allowed";
    const difference = this.#compare(listed);
    if (difference) return this.planned === planned ? difference : "idle";
    const wanted = desired();
    return wanted && isKnown(wanted) ? "correct" : "idle";
  }

  async #list(): Promise<readonly DnsRecord[]> {
    const { records: listed, leastTtl = 0 } = await listRecords(this.#options.provider, this.#limit());
    if (leastTtl > this.#options.ttl && this.#readBack.accept(leastTtl)) this.acceptedTtl = leastTtl;
    this.#hasUnread = false;
    this.#held = listed.map(({ address }) => address);
    this.#readBack.read(listed, performance.now());
    this.#records = this.#readBack.view(listed, this.#options.ttl);
    return listed;
  }

  /** What is still not as desired, after all changes have been made. */
  #compare(listed: readonly DnsRecord[]): Difference | undefined {
    this.acceptedTtl ??= this.#readBack.countTtls(listed, this.#written);
    this.#records = this.#readBack.view(listed, this.#options.ttl);
    const isDifferent = this.#plan().length > 0;
    const difference = this.#readBack.compare(listed, this.#written);
    return isDifferent ? (difference ?? UNEXPLAINED) : this.#readBack.hasUnlisted ? difference : undefined;
  }

  /** The changes that are still to be made. */
  #plan(full = this.#full): readonly RecordChange[] {
    const { desired, writeGate, ttl } = this.#options;
    const wanted = writeGate.allowed ? desired() : undefined;
    if (!wanted) return [];
    const addresses = wanted.addresses.filter((address) => !this.#blocked.has(address));
    this.planned = addresses.join();
    return planRecords(this.#records, { ...wanted, addresses }, ttl, full);
  }

  /** Whether the next change could empty the name, because the list is older than what it rests on. A whole set cannot. */
  #mustWait([next]: readonly RecordChange[]): boolean {
    return this.#options.provider.kind === "records" && next?.op === "remove" && this.#readBack.isLate;
  }

  /** Whether a removal is next whose successors no list has shown yet, at a provider where that matters. */
  #mustList([next]: readonly RecordChange[]): boolean {
    const { provider } = this.#options;
    return this.#hasUnread && next?.op === "remove" && provider.kind === "records" && provider.spreads === true;
  }

  #limit(): AbortSignal {
    return deadline(this.#options.callLimit, this.#signal);
  }

  /** Makes the first change of a plan, or all of them where the provider takes all records at once. */
  #make(plan: readonly RecordChange[]): Promise<void> {
    const { provider } = this.#options;
    return provider.kind === "set" ? this.#replace(provider, plan) : this.#makeOne(provider, plan[0]!);
  }

  async #replace(provider: SetProvider, plan: readonly RecordChange[]): Promise<void> {
    const set = setAfter(this.#records, plan, this.#options.ttl);
    await provider.replace(set, this.#held, this.#limit());
    const gone = this.#records.filter(({ address }) => !set.addresses.includes(address));
    this.#records = recordsOf(set);
    this.#held = set.addresses;
    this.changes.push(...plan);
    for (const { id } of gone) this.#wrote(id, undefined);
    for (const record of this.#records) this.#wrote(record.id, record);
  }

  async #makeOne(provider: RecordProvider, change: RecordChange): Promise<void> {
    try {
      this.#records = await this.#request(provider, change);
      this.changes.push(change);
    } catch (error) {
      const kind = error instanceof ProviderError ? error.kind : undefined;
      if (error instanceof ProviderError && error.retryAfter !== undefined) throw error; // no other change before that
      if (kind === "quota" && !this.#full && this.#plan(true)[0]?.op === "change") {
        this.#full = true; // a change in place needs no room
      } else if (kind === "refused" || kind === "quota") {
        this.#declined ??= error as ProviderError;
        this.#giveUp(change, kind);
      } else {
        throw error;
      }
    }
  }

  /** Makes the change at the provider; returns the records as they are then. */
  async #request(provider: RecordProvider, change: RecordChange): Promise<readonly DnsRecord[]> {
    if (change.op === "remove") {
      await provider.remove(change.record, this.#limit());
      this.#wrote(change.record.id, undefined);
      return withChange(this.#records, change);
    }
    this.#hasUnread = true;
    const { content } = change;
    const record =
      change.op === "add" ? await provider.add(content, this.#limit()) : await this.#change(provider, change);
    this.#wrote(record.id, { ...record, ...content, enabled: true });
    return change.op === "add"
      ? [...this.#records.filter(({ id }) => id !== record.id), this.#readBack.tolerate(record, content.ttl)]
      : withChange(this.#records, change);
  }

  async #change(
    provider: RecordProvider,
    { record, content }: Extract<RecordChange, { op: "change" }>,
  ): Promise<DnsRecord> {
    try {
      await provider.change(record, content, this.#limit());
    } catch (error) {
      if (error instanceof ProviderError && error.gone) this.#readBack.gone(record.id);
      throw error;
    }
    return { ...record, ...content, enabled: true };
  }

  #wrote(id: string, record: DnsRecord | undefined): void {
    this.#readBack.wrote(id, record, performance.now());
    this.#written.set(id, record);
  }

  /** Goes on without a change that was declined: blocks its address, or takes its record for correct. */
  #giveUp(change: RecordChange, kind: "refused" | "quota"): void {
    const there = new Set(this.#records.map(({ address }) => address));
    if (kind === "quota") {
      for (const address of this.#options.desired()?.addresses ?? [])
        if (!there.has(address)) this.#blocked.add(address);
    }
    if (change.op !== "remove" && !there.has(change.content.address)) this.#blocked.add(change.content.address);
    else this.#records = withChange(this.#records, change);
  }

  #shortfall(error: ProviderError): ProviderError {
    const left = [...this.#blocked].join(", ");
    return left === "" ? error : new ProviderError(error.kind, `${error.detail}; not published: ${left}`, error);
  }
}

function byNumber(a: string, b: string): number {
  return compareAddresses(parseAddress(a, FAMILIES)!, parseAddress(b, FAMILIES)!);
}
