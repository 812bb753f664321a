/**
 * Asks for one zone after the other that could hold a name, the longest first, until there is one.
 *
 * @param fewestLabels how many the shortest one has; none that is public has only one
 */
export async function longestZone<T>(
  hostname: string,
  ask: (zone: string) => Promise<T | undefined>,
  fewestLabels = 2,
): Promise<T | undefined> {
  const labels = hostname.toLowerCase().split(".");
  for (let index = 0; index <= labels.length - fewestLabels; index += 1) {
    const zone = await ask(labels.slice(index).join("."));
    if (zone !== undefined) return zone;
  }
  return undefined;
}

/** A name inside its zone; that of the zone itself is "@", as most providers have it. */
export function nameInZone(hostname: string, zone: string): string {
  return hostname.toLowerCase().slice(0, Math.max(0, hostname.length - zone.length - 1)) || "@";
}
