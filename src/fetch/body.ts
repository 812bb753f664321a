/**
 * Reads the body of an answer, as text.
 *
 * @param limit the most bytes to take in; nothing says how much a server sends
 * @returns undefined when the body is longer
 */
export async function readBody(body: ReadableStream<Uint8Array> | null, limit: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > limit) return undefined; // leaving the loop cancels the stream and closes the connection
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
