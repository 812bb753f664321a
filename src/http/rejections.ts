import type { HttpRejection, RejectionReason } from "../events/http.ts";

/** Time over which rejections are gathered, once enough of them have been reported one by one. */
const INTERVAL_MS = 60_000;

/** Rejections of a reason within that time that are reported one by one, each of another address. */
const MOST_SINGLE: Readonly<Record<RejectionReason, number>> = { password: 5, host: 5, connections: 1 };

/** Addresses that are remembered; a hostile client may have many. */
const MOST_ADDRESSES = 100;

interface Gathered {
  readonly host: string | undefined;
  /** Those that are not reported yet. */
  times: number;
}

/** Reports rejections, at a limited rate and with limited memory, however many there are. */
export class Rejections {
  readonly #report: (rejection: HttpRejection) => void;
  readonly #gathered: Record<RejectionReason, Map<string, Gathered>> = {
    password: new Map(),
    host: new Map(),
    connections: new Map(),
  };
  /** Those of further addresses. */
  readonly #rest: Record<RejectionReason, number> = { password: 0, host: 0, connections: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(report: (rejection: HttpRejection) => void) {
    this.#report = report;
  }

  /** @param from the address of the client */
  add(reason: RejectionReason, from = "an unknown address", host?: string): void {
    this.#timer ??= setTimeout(() => this.#reportGathered(), INTERVAL_MS);
    const gathered = this.#gathered[reason];
    const known = gathered.get(from);
    if (known) known.times++;
    else if (gathered.size < MOST_SINGLE[reason]) {
      gathered.set(from, { host, times: 0 });
      this.#report({ type: "http-rejected", reason, from, ...(host !== undefined && { host }) });
    } else if (gathered.size < MOST_ADDRESSES) gathered.set(from, { host, times: 1 });
    else this.#rest[reason]++;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #reportGathered(): void {
    this.#timer = undefined;
    for (const [reason, gathered] of Object.entries(this.#gathered) as [RejectionReason, Map<string, Gathered>][]) {
      const more = [...gathered].filter(([, { times }]) => times > 0).sort(([, a], [, b]) => b.times - a.times);
      gathered.clear();
      const [most] = more;
      if (!most) continue;
      const [from, { host }] = most;
      const times = more.reduce((sum, [, one]) => sum + one.times, this.#rest[reason]);
      this.#rest[reason] = 0;
      const several = { times, addresses: more.length, seconds: INTERVAL_MS / 1000 };
      this.#report({ type: "http-rejected", reason, from, ...(host !== undefined && { host }), several });
    }
  }
}
