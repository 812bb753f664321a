const ECHO_REPLY = 0;
const ECHO = 8;
const HEADER = 8;

/** An ICMP echo request (RFC 792); the kernel sets its checksum and its identifier. */
export function echoRequest(payload: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER);
  header[0] = ECHO;
  return Buffer.concat([header, payload]);
}

/** Whether a packet is the reply to this request. */
export function isReplyTo(request: Buffer, packet: Buffer): boolean {
  return packet[0] === ECHO_REPLY && packet.subarray(HEADER).equals(request.subarray(HEADER));
}
