/** Questions to an address on the internet that a gateway answers itself. */
import type { Namespace } from "./namespace.ts";
import { INTERNET } from "./traffic.ts";

const PORT = 6000;
/** Within this time an answer arrives, also on a busy machine; in milliseconds. */
const PATIENCE = 600;

/** Whether a client gets an answer from INTERNET, which a server in the namespace of a gateway gives. */
export async function answersTo(client: Namespace, gateway: Namespace): Promise<boolean> {
  let isAnswered = false;
  const server = await gateway.enter(() =>
    Bun.udpSocket({
      hostname: INTERNET,
      port: PORT,
      socket: { data: (socket, packet, port, address) => void socket.send(packet, port, address) },
    }),
  );
  const asking = await client.enter(() =>
    Bun.udpSocket({ hostname: "0.0.0.0", socket: { data: () => void (isAnswered = true), error() {} } }),
  );
  for (let waited = 0; waited < PATIENCE && !isAnswered; waited += 100) {
    asking.send("question", PORT, INTERNET);
    await Bun.sleep(100);
  }
  asking.close();
  server.close();
  return isAnswered;
}
