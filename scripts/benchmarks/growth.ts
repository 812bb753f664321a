import { quantile, slope } from "./statistics.ts";

/** What a service held at a moment of a soak. */
export interface Sample {
  /** Probes made so far. */
  readonly probes: number;
  /** MiB, as `Memory` has it. */
  readonly resident: number;
  readonly anonymous: number;
  readonly descriptors: number;
  readonly children: number;
  readonly threads: number;
}

type Quantity = Exclude<keyof Sample, "probes">;

/** The first part of a soak, in which memory is still taken up: heaps and caches find their size. */
const WARM_UP = 0.2;
const PARTS = 8;

/**
 * How much a quantity grows for each million probes after the warm-up. Memory goes up and down with each collection of
 * garbage and descriptors with each connection, so the least value of each part of the run stands for that part.
 */
export function growthPerMillion(samples: readonly Sample[], quantity: Quantity): number {
  const total = samples.at(-1)?.probes ?? 0;
  const settled = samples.filter(({ probes }) => probes >= total * WARM_UP);
  const partOf = ({ probes }: Sample): number =>
    Math.min(PARTS - 1, Math.floor((PARTS * (probes / total - WARM_UP)) / (1 - WARM_UP)));
  const parts = Map.groupBy(settled, partOf);
  return slope(
    [...parts.values()].map((part) => ({
      x: quantile(
        part.map(({ probes }) => probes / 1e6),
        0.5,
      ),
      y: quantile(
        part.map((sample) => sample[quantity]),
        0,
      ),
    })),
  );
}

/**
 * How much more there is in the end than noise explains, a line for each quantity that grows.
 *
 * @param limits how much each quantity may grow from the warm-up to the end
 */
export function growing(samples: readonly Sample[], limits: Readonly<Partial<Record<Quantity, number>>>): string[] {
  const millions = ((samples.at(-1)?.probes ?? 0) * (1 - WARM_UP)) / 1e6;
  return (Object.entries(limits) as [Quantity, number][]).flatMap(([quantity, limit]) => {
    const growth = growthPerMillion(samples, quantity) * millions;
    return growth <= limit
      ? []
      : `${quantity} grow by ${growth.toFixed(1)} in ${millions} million probes; ${limit} is the limit`;
  });
}

/** The sample at a share of the run: the first one that has that many probes. */
export function sampleAt(samples: readonly Sample[], share: number): Sample {
  const total = samples.at(-1)?.probes ?? 0;
  return samples.find(({ probes }) => probes >= total * share)!;
}
