/** A DNS server of a test, which answers every question with a response code and no record. */
import type { Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";

const RESPONSE = 0x80;
const NXDOMAIN = 3;

/** Answers at an address of a namespace until the lab is closed. */
export async function serveDns(lab: Lab, space: Namespace, hostname: string): Promise<void> {
  const answer = (question: Uint8Array): Uint8Array => {
    const message = Uint8Array.from(question);
    message[2]! |= RESPONSE;
    message[3] = NXDOMAIN;
    return message;
  };
  const data = (socket: Bun.udp.Socket<"uint8array">, question: Uint8Array, port: number, from: string): void =>
    void socket.send(answer(question), port, from);
  const server = await space.enter(() =>
    Bun.udpSocket({ hostname, port: 53, binaryType: "uint8array", socket: { data, error() {} } }),
  );
  lab.onClose(() => server.close());
}
