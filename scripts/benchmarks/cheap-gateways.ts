/**
 * Gateways that use as little processor time as possible: `bun cheap-gateways.ts PORT ADDRESS ...` answers every request
 * at these addresses without parsing it. All but the first fail for one second in every twenty.
 */
const [port, ...addresses] = process.argv.slice(2);
const GOOD = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
const BAD = Buffer.from("HTTP/1.1 500 Fake\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
const TURNS = 20;

for (const [index, hostname] of addresses.entries()) {
  Bun.listen({
    hostname,
    port: Number(port),
    socket: {
      data(socket) {
        const turn = Math.floor(Date.now() / 1000) % TURNS;
        socket.end(index > 0 && index % TURNS === turn ? BAD : GOOD);
      },
    },
  });
}
console.log("listening");
