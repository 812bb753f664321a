/** Different values of a label from outside that have series of their own, for each combination of the other labels. */
export const MOST_VALUES = 16;

/** Stands for all further values. */
export const OTHER = "other";

type Labels = Readonly<Record<string, string>>;

interface Seen {
  readonly name: string;
  readonly labels: Labels;
  readonly values: Set<string>;
}

/**
 * Bounds the series of metrics with a label whose values come from outside: a gateway that answers each probe with another
 * status makes no more of them. The first values are kept as they are, also over reloads, since their series remain.
 *
 * @param foreignOf that label of a metric
 */
export function boundedLabels(foreignOf: (name: string) => string | undefined) {
  const all = new Map<string, Seen>();
  const seenFor = (name: string, labels: Labels): Seen => {
    const key = JSON.stringify([name, labels]);
    const seen = all.get(key) ?? { name, labels, values: new Set<string>() };
    all.set(key, seen);
    return seen;
  };
  return {
    bounded(name: string, labels: Labels): Labels {
      const foreign = foreignOf(name);
      if (foreign === undefined) return labels;
      const { [foreign]: value = "", ...others } = labels;
      const { values } = seenFor(name, others);
      if (!values.has(value) && values.size >= MOST_VALUES) return { ...labels, [foreign]: OTHER };
      values.add(value);
      return labels;
    },
    /** Forgets what no configuration has any more. */
    prune(isKept: (name: string, labels: Labels) => boolean): void {
      for (const [key, { name, labels }] of all) if (!isKept(name, labels)) all.delete(key);
    },
  };
}
