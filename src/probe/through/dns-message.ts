const HEADER = 12;
/** `example.com`, which IANA keeps for uses such as this, type A, class IN (RFC 1035). */
const QUESTION = Buffer.from("\x07example\x03com\0\0\x01\0\x01", "latin1");

/** A question with an id of 16 bits. */
export function dnsQuestion(id: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id);
  header[2] = 0x01; // recursion desired
  header[5] = 1; // one question
  return Buffer.concat([header, QUESTION]);
}

const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"] as const;

/**
 * The name of the response code of a message.
 *
 * @returns undefined where it is not an answer to the question; a server that reports an error may leave the question out
 */
export function answerTo(question: Buffer, message: Buffer): string | undefined {
  if (message.length < HEADER || message.readUInt16BE(0) !== question.readUInt16BE(0)) return undefined;
  const isResponse = message[2]! >= 0x80;
  const questions = message.readUInt16BE(4);
  const repeated = message.subarray(HEADER, question.length).equals(question.subarray(HEADER));
  if (!isResponse || questions > 1 || (questions === 1 && !repeated)) return undefined;
  const rcode = message[3]! & 0x0f;
  return RCODES[rcode] ?? `RCODE ${rcode}`;
}
