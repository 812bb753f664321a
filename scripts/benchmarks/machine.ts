import { cpus, release } from "node:os";

/** The machine on which something was measured. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly kernel: string;
  readonly bun: string;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() || "unknown",
    kernel: release(),
    bun: Bun.version,
  };
}

/** The machine as one line of text. */
export function describeMachine({ cores, processor, kernel, bun }: Machine): string {
  return `${cores} cores, ${processor}, Linux ${kernel}, Bun ${bun}`;
}
