import { createSocket } from "node:dgram";
import { connect } from "node:net";

import { familyOf } from "../../net/address.ts";
import { decodeMessage } from "./message.ts";

export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

/** Longest message over UDP, in bytes (RFC 1035). */
const LONGEST_UDP = 512;

/** Time until the same packet is sent again, which doubles: one may get lost. In milliseconds. */
const FIRST_RESEND_MS = 1000;

/** Sends a message by UDP, or by TCP where it or its answer is too long for that, and waits for the answer. */
export async function exchange(server: DnsServer, message: Buffer, signal: AbortSignal): Promise<Buffer> {
  const answer = message.length > LONGEST_UDP ? undefined : await overUdp(server, message, signal);
  return answer && !decodeMessage(answer)!.isTruncated ? answer : overTcp(server, message, signal);
}

async function overUdp({ address, port }: DnsServer, message: Buffer, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = createSocket(familyOf(address) === 4 ? "udp4" : "udp6");
  const abort = (): void => reject(signal.reason);
  let resend: ReturnType<typeof setTimeout> | undefined;
  const send = (wait: number): void => {
    socket.send(message, (error) => error && reject(error));
    resend = setTimeout(send, wait, wait * 2);
  };
  try {
    signal.addEventListener("abort", abort);
    socket.on("error", reject);
    socket.on("message", (bytes) => isAnswerTo(message, bytes) && resolve(bytes));
    socket.connect(port, address, () => send(FIRST_RESEND_MS));
    return await promise;
  } finally {
    clearTimeout(resend);
    signal.removeEventListener("abort", abort);
    socket.close();
  }
}

async function overTcp({ address, port }: DnsServer, message: Buffer, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const abort = (): void => reject(signal.reason);
  const socket = connect(port, address);
  let received = Buffer.alloc(0);
  try {
    signal.addEventListener("abort", abort);
    socket.on("error", reject);
    socket.on("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const length = received.length < 2 ? Infinity : 2 + received.readUInt16BE(0);
      if (received.length < length) return;
      const answer = received.subarray(2, length);
      if (isAnswerTo(message, answer)) resolve(answer);
      else reject(new Error("the answer is not one to the message"));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
}

/** Whether these bytes are an answer to the message; its signature is not verified here. */
function isAnswerTo(message: Buffer, bytes: Buffer): boolean {
  const answer = decodeMessage(bytes);
  return answer !== undefined && answer.isResponse && answer.id === message.readUInt16BE(0);
}
