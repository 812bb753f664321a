/** How a server sees the name: the addresses that it answers with, or why it does not answer. */
export type View =
  | { readonly server: string; readonly addresses: readonly string[] }
  | { readonly server: string; readonly error: string };

/**
 * What servers answer in place of the addresses that the name should resolve to, for people.
 *
 * @returns undefined where all of them show exactly these
 */
export function differenceIn(views: readonly View[], wanted: readonly string[]): string | undefined {
  if (views.length === 0) return "no name server of the zone is known";
  const differences = views.flatMap((view) => differenceOf(view, wanted) ?? []);
  return differences.length === 0 ? undefined : differences.join("; ");
}

function differenceOf(view: View, wanted: readonly string[]): string | undefined {
  if ("error" in view) return `${view.server} does not answer: ${view.error}`;
  const shown = new Set(view.addresses);
  const isSame = shown.size === new Set(wanted).size && wanted.every((address) => shown.has(address));
  return isSame ? undefined : `${view.server} shows ${textOf(view.addresses)} in place of ${textOf(wanted)}`;
}

function textOf(addresses: readonly string[]): string {
  return addresses.length === 0 ? "no address" : [...addresses].sort().join(", ");
}
