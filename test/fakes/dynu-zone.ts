/** The records of a zone at the fake Dynu, now and at every moment before. */

/** A record as the account's owner sees it: `content` is the bare address or text. */
export interface FakeRecord {
  readonly id: number;
  nodeName: string;
  recordType: string;
  ttl: number;
  state: boolean;
  content: string;
  group: string;
  location: string;
}

/** The zone at one moment; `at` is performance.now(). */
export interface Moment {
  readonly at: number;
  readonly records: readonly FakeRecord[];
}

/** What a record holds, without the id that the zone gives it. */
export type Content = Omit<FakeRecord, "id">;

/** Record types that an account's quota counts. */
const COUNTED = ["A", "AAAA"];

export class DynuZone {
  readonly domain: string;
  readonly id = 100_694_311;
  /** Every state in order, the first one is the empty zone. */
  readonly moments: Moment[] = [];
  #records: FakeRecord[] = [];
  #lastId = 2_147_400_000; // near the end of int32, so that a smaller type for it fails

  constructor(domain: string) {
    this.domain = domain;
    this.#note();
  }

  /** Copies of all records. */
  records(): FakeRecord[] {
    return this.#records.map((record) => ({ ...record }));
  }

  /** What the records were at a moment of performance.now(). */
  recordsAt(at: number): readonly FakeRecord[] {
    return this.moments.findLast((moment) => moment.at <= at)?.records ?? [];
  }

  find(id: number): FakeRecord | undefined {
    return this.records().find((record) => record.id === id);
  }

  add(content: Content): FakeRecord {
    this.#lastId += 7;
    const record = { id: this.#lastId, ...content };
    this.#records.push(record);
    this.#note();
    return { ...record };
  }

  change(id: number, content: Partial<Content>): FakeRecord {
    Object.assign(this.#records[this.#indexOf(id)]!, content);
    this.#note();
    return this.find(id)!;
  }

  remove(id: number): void {
    this.#records.splice(this.#indexOf(id), 1);
    this.#note();
  }

  /** How many records count for the quota. The apex's own address does not: it belongs to the domain. */
  get counted(): number {
    return this.#records.filter((record) => COUNTED.includes(record.recordType) && !isApexAddress(record)).length;
  }

  #indexOf(id: number): number {
    const index = this.#records.findIndex((record) => record.id === id);
    if (index < 0) throw new Error(`the fake Dynu has no record ${id}`);
    return index;
  }

  #note(): void {
    this.moments.push({ at: performance.now(), records: this.records().map((record) => Object.freeze(record)) });
  }
}

/** Whether this is the address of the bare domain, which Dynu keeps outside of the records. */
export function isApexAddress({ nodeName, recordType }: FakeRecord): boolean {
  return nodeName === "" && COUNTED.includes(recordType);
}

/** What a name server answers for a node: its enabled records of a type, each address once. */
export function addressesOf(records: readonly FakeRecord[], node: string, type = "A"): string[] {
  const found = records.filter(
    ({ nodeName, recordType, state }) => state && recordType === type && sameName(nodeName, node),
  );
  return [...new Set(found.map(({ content }) => content))].sort();
}

export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
