/** Data that hostile servers and clients send. */

/** The address of cloud metadata services, which serve a machine's credentials. */
export const METADATA = "169.254.169.254";

/** Ten megabytes of zeros, compressed to a few kilobytes. */
export const GZIPPED_ZEROS = Bun.gzipSync(new Uint8Array(10_000_000));

/** Pseudo-random bytes, the same in every run, each as one character. */
export function randomText(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(state & 255);
  }).join("");
}
