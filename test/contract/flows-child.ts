/**
 * Sends or receives numbered packets of many flows, in the network namespace in which it is started.
 *
 *   bun flows-child.ts receive             what came, as JSON, once its standard input ends, and how many came too fast
 *   bun flows-child.ts send FLOWS TARGET   until its standard input ends; then how many of each flow, as JSON
 */
import { createSocket, type Socket } from "node:dgram";
import { readFileSync } from "node:fs";

const PORT = 4000;

/** Packets of one turn; a turn is a millisecond. */
const PER_TURN = 4;

const [role, flows, target] = process.argv.slice(2);
const ended = new Promise<void>((resolve) => {
  process.stdin.on("end", resolve);
  process.stdin.resume();
});
const bound = (socket: Socket, port: number): Promise<Socket> =>
  new Promise((resolve) => void socket.bind(port, () => resolve(socket)));

if (role === "receive") {
  const received: Record<string, number[]> = {};
  const socket = createSocket({ type: "udp6", recvBufferSize: 4 << 20 });
  socket.on("message", (message) => {
    const [flow, number] = message.toString().split(" ") as [string, string];
    (received[flow] ??= []).push(Number(number));
  });
  await bound(socket, PORT);
  console.log("ready");
  await ended;
  const overflow = /^Udp6RcvbufErrors\s+(\d+)/m.exec(readFileSync("/proc/net/snmp6", "utf8"))?.[1] ?? "0";
  console.log(JSON.stringify({ received, overflow: Number(overflow) }));
} else {
  const sockets = await Promise.all(
    Array.from({ length: Number(flows) }, (_, flow) => bound(createSocket("udp6"), PORT + 1 + flow)),
  );
  console.log("ready");
  let isOver = false;
  void ended.then(() => (isOver = true));
  let turn = 0;
  let failed = 0;
  const onSent = (error: Error | null): void => void (failed += error ? 1 : 0);
  for (; !isOver; turn++) {
    for (let index = 0; index < PER_TURN; index++) {
      const packet = turn * PER_TURN + index;
      const flow = packet % sockets.length;
      sockets[flow]!.send(`${flow} ${Math.floor(packet / sockets.length)}`, PORT, target, onSent);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setTimeout(resolve, 200)); // the last ones are under way
  console.log(JSON.stringify({ sent: turn * PER_TURN - failed }));
}
process.exit(0);
