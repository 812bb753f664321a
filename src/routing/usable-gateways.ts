/** What a pool has in one family: how many of its gateways are usable, and how many there are. */
export interface UsableCount {
  readonly usable: number;
  readonly total: number;
}

/**
 * The usable gateways of a pool in one family, as others may rely on them. Which ones are usable is decided by `usableAmong`
 * (pool/select.ts). One counts from the moment when the kernel holds what was decided with it, and no longer once something
 * is decided without it: it is missed a moment too early rather than too late.
 *
 * None counts while no packet reaches the gateways: before the first decision is in the kernel, while routes or rules of
 * other programs take all packets, and from the beginning of a stop on, also where that leaves the routes.
 */
export class UsableGateways {
  #decided: readonly string[] = [];
  /** Undefined until the first decision is in the kernel. */
  #inKernel: ReadonlySet<string> | undefined;
  #isDiverted = false;
  #isOver = false;
  #reported: string | undefined;
  readonly #onChange: () => void;

  /** @param onChange called when other gateways are usable than before, and when that is known for the first time */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get gateways(): readonly string[] {
    if (this.#isDiverted || this.#isOver) return [];
    return this.#decided.filter((gateway) => this.#inKernel?.has(gateway));
  }

  /** Whether the first decision has been made, and is in the kernel. */
  get isKnown(): boolean {
    return this.#inKernel !== undefined;
  }

  /** These are usable from now on, and the kernel is to follow. */
  decided(gateways: readonly string[]): void {
    this.#decided = gateways;
    this.#report();
  }

  /** The kernel holds what was decided last. @param isBarred whether an entry of another program keeps packets from that */
  followed(isBarred: boolean): void {
    this.#inKernel = new Set(isBarred ? [] : this.#decided);
    this.#report();
  }

  /** Whether other programs take all packets that should go to the gateways. */
  diverted(isDiverted: boolean): void {
    this.#isDiverted = isDiverted;
    this.#report();
  }

  /** The pool stops to route. */
  end(): void {
    this.#isOver = true;
    this.#report();
  }

  #report(): void {
    if (!this.isKnown) return;
    const text = this.gateways.join(" ");
    if (text === this.#reported) return;
    this.#reported = text;
    this.#onChange();
  }
}
