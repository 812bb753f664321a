/** Finds which values of a list are new since the last time, by the text that goes with each. */
export function createNews<T>(): (now: readonly (readonly [text: string, value: T])[]) => T[] {
  let before = new Set<string>();
  return (now) => {
    const fresh = now.filter(([text]) => !before.has(text)).map(([, value]) => value);
    before = new Set(now.map(([text]) => text));
    return fresh;
  };
}
