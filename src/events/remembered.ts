/**
 * Makes things for pools, and finds those that were made before: a listener goes on where its pool stays as it is.
 *
 * @param make something for a pool
 * @param partsOf all that it depends on, to be compared as text
 * @returns what to call for each configuration; what no pool of it needs is forgotten
 */
export function remembered<P, T>(make: (pool: P) => T, partsOf: (pool: P) => unknown): () => (pool: P) => T {
  let made = new Map<string, T>();
  return () => {
    const before = made;
    const now = new Map<string, T>();
    made = now;
    return (pool) => {
      const key = JSON.stringify(partsOf(pool));
      const one = before.get(key) ?? make(pool);
      now.set(key, one);
      return one;
    };
  };
}
