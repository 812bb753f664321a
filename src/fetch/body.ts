/**
 * Reads the body of an HTTP answer, as text.
 *
 * @param limit the most bytes to read, since a server may send any number
 * @returns undefined when the body is longer
 * @throws what fetch throws when the connection breaks
 */
export async function readBody(body: AsyncIterable<Uint8Array> | null, limit: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > limit) return undefined; // leaving the loop cancels the stream, which closes the connection
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
