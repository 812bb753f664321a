/**
 * Whether a text stands in the first bytes of a body. Reading stops where it is found.
 *
 * @param limit the number of bytes
 * @throws what the body throws when it is cut short before
 */
export async function bodyContains(body: AsyncIterable<Uint8Array>, text: string, limit: number): Promise<boolean> {
  const wanted = Buffer.from(text);
  let read = Buffer.alloc(0);
  for await (const chunk of body) {
    read = Buffer.concat([read, chunk]).subarray(0, limit);
    if (read.includes(wanted)) return true;
    if (read.length === limit) return false;
  }
  return false;
}
