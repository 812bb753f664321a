/** What hostile servers use. */

/** The address at which clouds tell a machine its secrets. */
export const METADATA = "169.254.169.254";

/** A few kilobytes that unpack to ten megabytes. */
export const GZIPPED_ZEROS = Bun.gzipSync(new Uint8Array(10_000_000));

/** Bytes that are the same each time, as characters. */
export function randomText(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(state & 255);
  }).join("");
}
