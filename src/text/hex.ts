/** A number as `ip` writes marks, such as `0x10`. */
export function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
