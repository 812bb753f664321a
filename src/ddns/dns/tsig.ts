import { createHmac, timingSafeEqual } from "node:crypto";

import { CLASS, encodeName, type Received, readName, TYPE, twoBytes } from "./message.ts";
import type { TsigKey } from "./tsig-key.ts";

/** Seconds that the clocks of both ends may differ (RFC 8945, section 10). */
const FUDGE = 300;

const ERRORS: Readonly<Record<number, "signature" | "key" | "clock">> = {
  16: "signature", // BADSIG
  17: "key", // BADKEY
  18: "clock", // BADTIME
  22: "signature", // BADTRUNC
};

/** What is wrong with a signature: with ours, by the server's answer, or with that of the answer. */
export type TsigFault =
  /** The server does not know the key. */
  | { readonly code: "key" }
  /** The server found another secret or algorithm. */
  | { readonly code: "signature" }
  /** The clocks differ by so many seconds; positive where that of the server is ahead. */
  | { readonly code: "clock"; readonly seconds: number }
  /** The answer has no signature, or one that the key did not make. */
  | { readonly code: "unsigned" | "forged" };

export interface Signed {
  readonly bytes: Buffer;
  /** What the signature of the answer refers to. */
  readonly mac: Buffer;
}

/** Signs a message. @param now seconds since 1970 */
export function sign(message: Buffer, key: TsigKey, now: number): Signed {
  const mac = macOf(key, [message, variables(key, timeBytes(now), FUDGE, 0, NOTHING)]);
  const algorithm = encodeName(key.algorithm);
  const id = message.subarray(0, 2);
  const head = Buffer.concat([algorithm, timeBytes(now), twoBytes(FUDGE), twoBytes(mac.length)]);
  const data = Buffer.concat([head, mac, id, twoBytes(0), twoBytes(0)]);
  const record = Buffer.concat([encodeName(key.name), twoBytes(TYPE.TSIG), twoBytes(CLASS.ANY), Buffer.alloc(4)]);
  const bytes = Buffer.concat([message, record, twoBytes(data.length), data]);
  bytes.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return { bytes, mac };
}

/** What is wrong with the signature of an answer; undefined where it is right. @param now seconds since 1970 */
export function faultOf(
  bytes: Buffer,
  { additionals }: Received,
  key: TsigKey,
  requestMac: Buffer,
  now: number,
): TsigFault | undefined {
  const record = additionals.at(-1);
  if (record?.type !== TYPE.TSIG) return { code: "unsigned" };
  const { algorithm, time, fudge, mac, id, error, other } = readTsig(bytes, record.dataStart);
  const code = ERRORS[error];
  if (code === "clock") return { code, seconds: secondsIn(other.length === 6 ? other : time) - now };
  if (code) return { code };
  const unsigned = Buffer.from(bytes.subarray(0, record.start));
  id.copy(unsigned);
  unsigned.writeUInt16BE(additionals.length - 1, 10);
  const parts = [twoBytes(requestMac.length), requestMac, unsigned, variables(key, time, fudge, error, other)];
  const isOurs = record.name.toLowerCase() === key.name.toLowerCase() && algorithm.toLowerCase() === key.algorithm;
  const right = macOf(key, parts);
  if (!isOurs || mac.length !== right.length || !timingSafeEqual(mac, right)) return { code: "forged" };
  const seconds = secondsIn(time) - now;
  return Math.abs(seconds) > fudge ? { code: "clock", seconds } : undefined;
}

const NOTHING = Buffer.alloc(0);

function macOf({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(algorithm.slice("hmac-".length), secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** What is signed besides the message (RFC 8945, section 4.3.3). */
function variables({ name, algorithm }: TsigKey, time: Buffer, fudge: number, error: number, other: Buffer): Buffer {
  const head = [encodeName(name), twoBytes(CLASS.ANY), Buffer.alloc(4), encodeName(algorithm)];
  return Buffer.concat([...head, time, twoBytes(fudge), twoBytes(error), twoBytes(other.length), other]);
}

function readTsig(bytes: Buffer, start: number) {
  const [algorithm, at] = readName(bytes, start);
  const end = at + 10 + bytes.readUInt16BE(at + 8);
  return {
    algorithm,
    time: bytes.subarray(at, at + 6),
    fudge: bytes.readUInt16BE(at + 6),
    mac: bytes.subarray(at + 10, end),
    id: bytes.subarray(end, end + 2),
    error: bytes.readUInt16BE(end + 2),
    other: bytes.subarray(end + 6, end + 6 + bytes.readUInt16BE(end + 4)),
  };
}

function timeBytes(seconds: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(seconds, 0, 6);
  return bytes;
}

function secondsIn(bytes: Buffer): number {
  return bytes.readUIntBE(0, 6);
}
