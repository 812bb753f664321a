import type { Family } from "../../net/address.ts";

/** The types of a request and of its reply (RFC 792, RFC 4443). */
const TYPES = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;
const HEADER = 8;

/** An ICMP echo request; the kernel sets its checksum and its identifier. */
export function echoRequest(payload: Uint8Array, family: Family = 4): Buffer {
  const header = Buffer.alloc(HEADER);
  header[0] = TYPES[family].request;
  return Buffer.concat([header, payload]);
}

/** Whether a packet is the reply to this request. */
export function isReplyTo(request: Buffer, packet: Buffer): boolean {
  const types = Object.values(TYPES).find((one) => one.request === request[0]);
  return packet[0] === types?.reply && packet.subarray(HEADER).equals(request.subarray(HEADER));
}
