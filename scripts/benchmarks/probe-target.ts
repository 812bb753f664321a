/** A target of all kinds of probes that uses little processor time: `bun probe-target.ts PORT`. */
const [hostname, port] = ["127.0.0.1", Number(process.argv[2])];
const ANSWER = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");

Bun.listen({ hostname, port, socket: { data: (socket) => void socket.end(ANSWER) } });
await Bun.udpSocket({
  hostname,
  port,
  socket: {
    data(socket, question, from, address) {
      const answer = Buffer.from(question);
      answer[2]! |= 0x80; // a response
      socket.send(answer, from, address);
    },
  },
});
console.log("listening");
