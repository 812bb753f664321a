import { quantile, slope } from "./statistics.ts";

/** The resources of a service at one time of a soak. */
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

/** The first part of a soak, in which memory still grows while heaps and caches reach their size. */
const WARM_UP = 0.2;
const PARTS = 8;

/**
 * How much a quantity grows per million probes after the warm-up. Memory rises and falls with garbage collections and the
 * number of descriptors with connections, so the least value of each part of the run represents that part.
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
 * The quantities that grow by more than noise explains, one line for each.
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
