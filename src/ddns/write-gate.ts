export interface WriteGateOptions {
  /** The address without which this machine does not write; undefined allows it always. */
  readonly required: string | undefined;
  /** Addresses that interfaces of this machine have at this moment. */
  readonly readAddresses: () => Promise<readonly string[]>;
  readonly onChange: (allowed: boolean, required: string) => void;
}

/** Whether this machine may write the records: of several routers with one name, only the one with the address may. */
export class WriteGate {
  readonly #options: WriteGateOptions;
  /** Undefined until the addresses are known. */
  #allowed: boolean | undefined;

  constructor(options: WriteGateOptions) {
    this.#options = options;
    if (options.required === undefined) this.#allowed = true;
  }

  /** As last observed. */
  get allowed(): boolean {
    return this.#allowed === true;
  }

  /** Interfaces of this machine have these addresses now. */
  setAddresses(addresses: readonly string[]): void {
    const { required, onChange } = this.#options;
    const allowed = required === undefined || addresses.includes(required);
    if (required === undefined || allowed === this.#allowed) return;
    this.#allowed = allowed;
    onChange(allowed, required);
  }

  /** The same after the addresses have been read anew. */
  async confirm(): Promise<boolean> {
    if (this.#options.required !== undefined) this.setAddresses(await this.#options.readAddresses());
    return this.allowed;
  }
}
