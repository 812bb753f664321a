/** Messages of DNS (RFC 1035) and of its updates (RFC 2136), as far as a client with one name needs them. */

export const TYPE = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, TSIG: 250, ANY: 255 } as const;

export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const;

/** Flags of requests: the operation alone. */
export const OPERATION = { query: 0, update: 0x2800 } as const;

/** The response codes that matter here (RFC 1035, RFC 2136). */
export const RCODE = {
  done: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
} as const;

/** The flag that asks a resolver to find the answer where it has none. */
export const RECURSION_DESIRED = 0x0100;

const RESPONSE = 0x8000;
const OPERATION_BITS = 0x7800;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;

const HEADER = 12;

/** Offsets from here on do not fit into a pointer. */
const POINTER_LIMIT = 0x4000;

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface ResourceRecord extends Question {
  /** Time to live in seconds. */
  readonly ttl: number;
  readonly data: Buffer;
}

/** A request. An update has its zone in place of the question, and then the prerequisites and the changes. */
export interface Message {
  readonly flags: number;
  readonly question: Question;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
}

/** A record of a message that was received. */
export interface ReceivedRecord extends ResourceRecord {
  /** Where it begins in the message, and where its data does. */
  readonly start: number;
  readonly dataStart: number;
}

/** A message that was received. */
export interface Received {
  readonly id: number;
  readonly isResponse: boolean;
  readonly operation: number;
  readonly isAuthoritative: boolean;
  readonly isTruncated: boolean;
  /** The response code. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ReceivedRecord[];
  readonly authorities: readonly ReceivedRecord[];
  readonly additionals: readonly ReceivedRecord[];
}

/** A request in bytes. Names that were written before are pointers, which keeps most messages in one packet. */
export function encodeMessage(id: number, { flags, question, answers, authorities }: Message): Buffer {
  const header = [id, flags, 1, answers.length, authorities.length, 0].map(twoBytes);
  const names = new Map<string, number>();
  let bytes = Buffer.concat([...header, nameIn(question.name, HEADER, names), typeOf(question)]);
  for (const record of [...answers, ...authorities]) {
    bytes = Buffer.concat([bytes, nameIn(record.name, bytes.length, names), typeOf(record), restOf(record)]);
  }
  return bytes;
}

/** A name without any pointer, in lower case, as signatures have it. */
export function encodeName(name: string): Buffer {
  return nameIn(name.toLowerCase(), 0, new Map());
}

/** A name at this offset of a message. @param names the offsets of what was written before, which grow */
function nameIn(name: string, offset: number, names: Map<string, number>): Buffer {
  const labels = name === "" ? [] : name.split(".");
  const parts: Buffer[] = [];
  let at = offset;
  for (const [index, label] of labels.entries()) {
    const rest = labels.slice(index).join(".");
    const before = names.get(rest);
    if (before !== undefined) return Buffer.concat([...parts, twoBytes(0xc000 | before)]);
    if (at < POINTER_LIMIT) names.set(rest, at);
    parts.push(Buffer.from([label.length]), Buffer.from(label, "latin1"));
    at += label.length + 1;
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function typeOf(question: Question): Buffer {
  return Buffer.concat([twoBytes(question.type), twoBytes(question.class)]);
}

function restOf({ ttl, data }: ResourceRecord): Buffer {
  const seconds = Buffer.alloc(4);
  seconds.writeUInt32BE(ttl);
  return Buffer.concat([seconds, twoBytes(data.length), data]);
}

export function twoBytes(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

/** Reads a message; undefined where it is none. */
export function decodeMessage(bytes: Buffer): Received | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it ends too early, or a pointer leads nowhere
    throw error;
  }
}

function decode(bytes: Buffer): Received {
  const [id, flags, ...counts] = [0, 2, 4, 6, 8, 10].map((offset) => bytes.readUInt16BE(offset)) as [
    number,
    number,
    ...number[],
  ];
  let at = HEADER;
  const section = <T>(count: number, read: (start: number) => readonly [T, end: number]): T[] =>
    Array.from({ length: count }, () => {
      const [item, end] = read(at);
      at = end;
      return item;
    });
  const questions = section(counts[0]!, (start) => readQuestion(bytes, start));
  const [answers, authorities, additionals] = counts
    .slice(1)
    .map((count) => section(count, (start) => readRecord(bytes, start)));
  return {
    id,
    isResponse: (flags & RESPONSE) !== 0,
    operation: flags & OPERATION_BITS,
    isAuthoritative: (flags & AUTHORITATIVE) !== 0,
    isTruncated: (flags & TRUNCATED) !== 0,
    rcode: flags & 15,
    questions,
    answers: answers!,
    authorities: authorities!,
    additionals: additionals!,
  };
}

function readQuestion(bytes: Buffer, start: number): readonly [Question, number] {
  const [name, end] = readName(bytes, start);
  return [{ name, type: bytes.readUInt16BE(end), class: bytes.readUInt16BE(end + 2) }, end + 4];
}

function readRecord(bytes: Buffer, start: number): readonly [ReceivedRecord, number] {
  const [question, at] = readQuestion(bytes, start);
  const ttl = bytes.readUInt32BE(at);
  const dataStart = at + 6;
  const end = dataStart + bytes.readUInt16BE(at + 4);
  if (end > bytes.length) throw new RangeError("the data ends too early");
  return [{ ...question, ttl, data: bytes.subarray(dataStart, end), start, dataStart }, end];
}

/** A name at this offset, without the dot at its end, and where it ends. Each pointer must lead further back. */
export function readName(bytes: Buffer, start: number): readonly [name: string, end: number] {
  const labels: string[] = [];
  let [at, limit, end] = [start, start, 0];
  for (let length = bytes.readUInt8(at); length !== 0; length = bytes.readUInt8(at)) {
    if (length >= 0xc0) {
      const target = bytes.readUInt16BE(at) & 0x3fff;
      if (target >= limit) throw new RangeError("a pointer leads forward");
      end ||= at + 2;
      [at, limit] = [target, target];
    } else {
      if (length > 63 || at + 1 + length > bytes.length) throw new RangeError("a label ends too early");
      labels.push(bytes.toString("latin1", at + 1, at + 1 + length));
      at += length + 1;
    }
  }
  return [labels.join("."), end || at + 1];
}
