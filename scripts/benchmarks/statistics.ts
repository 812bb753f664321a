/** The value below which this share of the values is: 0.5 is the median, 1 the greatest value. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("no values were measured");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

/** A point of a curve. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The slope of the line that fits the points best (least squares). */
export function slope(points: readonly Point[]): number {
  if (points.length < 2) throw new Error(`a slope needs two points (got ${points.length})`);
  const mean = (of: (point: Point) => number): number => points.reduce((sum, it) => sum + of(it), 0) / points.length;
  const [x, y] = [mean((it) => it.x), mean((it) => it.y)];
  return mean((it) => (it.x - x) * (it.y - y)) / mean((it) => (it.x - x) ** 2);
}
