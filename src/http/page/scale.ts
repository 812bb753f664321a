/** A value this many times as large as the large ones among the others is an outlier. */
const OUTLIER = 3;

/** The large ones: nine of ten values are at most as large. */
const LARGE = 0.9;

/** Of fewer values none can be called an outlier. */
const LEAST_VALUES = 5;

/** The top of a chart's scale, so that an outlier does not flatten all others: the largest value that is none; 0 without any. */
export function topOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const largest = sorted.at(-1) ?? 0;
  const large = sorted[Math.floor((sorted.length - 1) * LARGE)] ?? 0;
  if (sorted.length < LEAST_VALUES || large === 0) return largest;
  return sorted.findLast((value) => value <= OUTLIER * large)!;
}
