import { describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

import { exchange } from "../../src/ddns/dns/exchange.ts";
import { CLASS, encodeMessage, OPERATION, TYPE } from "../../src/ddns/dns/message.ts";
import { fetchFailure } from "../../src/fetch/failure.ts";

const ADDRESS = "127.0.0.1";
const question = (name: string) => ({ name, type: TYPE.A, class: CLASS.IN });
const message = (id: number, flags = 0, more: readonly number[] = []): Buffer =>
  encodeMessage(id, {
    flags: OPERATION.query | flags,
    question: question("gw.example.com"),
    answers: more.map((host) => ({ ...question("gw.example.com"), ttl: 60, data: Buffer.from([1, 0, 0, host]) })),
    authorities: [],
  });
const RESPONSE = 0x8000;
const TRUNCATED = 0x0200;
const REQUEST = message(7);
const ANSWER = message(7, RESPONSE, [1]);

interface Server extends AsyncDisposable {
  readonly port: number;
  /** What arrived, by which transport. */
  readonly seen: ("udp" | "tcp")[];
}

/** A server whose answers to each packet are a function of the test; over TCP they are written as they are. */
async function serve(
  udp: (packet: Buffer, count: number) => readonly Buffer[],
  tcp: (packet: Buffer) => readonly Buffer[] = () => [],
): Promise<Server> {
  const seen: ("udp" | "tcp")[] = [];
  const stream = createServer((socket) => {
    socket.on("error", () => {});
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      seen.push("tcp");
      const answers = tcp(received.subarray(2));
      for (const answer of answers) socket.write(answer);
      if (answers.length === 0) socket.destroy();
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.listen(0, ADDRESS, () => resolve());
  await promise;
  const { port } = stream.address() as { port: number };
  const datagrams = createSocket("udp4");
  datagrams.on("message", (packet, { port: to, address }) => {
    seen.push("udp");
    for (const answer of udp(packet, seen.length)) datagrams.send(answer, to, address);
  });
  await new Promise<void>((bound) => datagrams.bind(port, ADDRESS, () => bound()));
  return {
    port,
    seen,
    async [Symbol.asyncDispose]() {
      datagrams.close();
      stream.close();
    },
  };
}

const withLength = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
const soon = (): AbortSignal => AbortSignal.timeout(5000);
const ask = ({ port }: { port: number }, request = REQUEST, signal = soon()) =>
  exchange({ address: ADDRESS, port }, request, signal);
const codeOf = (failed: Promise<unknown>) =>
  failed.then(
    () => "no failure",
    (error) => fetchFailure(error, 100).code,
  );

describe("a message", () => {
  test("of one packet goes by UDP", async () => {
    await using server = await serve(() => [ANSWER]);
    expect(await ask(server)).toEqual(ANSWER);
    expect(server.seen).toEqual(["udp"]);
  });

  test("goes by TCP where the answer is cut off", async () => {
    const long = message(7, RESPONSE, [1, 2, 3]);
    await using server = await serve(
      () => [message(7, RESPONSE | TRUNCATED)],
      () => [withLength(long)],
    );
    expect(await ask(server)).toEqual(long);
    expect(server.seen).toEqual(["udp", "tcp"]);
  });

  test("goes by TCP at once where it is longer than 512 bytes", async () => {
    const long = message(
      7,
      0,
      Array.from({ length: 40 }, (_, host) => host),
    );
    let arrived: Buffer | undefined;
    await using server = await serve(
      () => [],
      (packet) => [withLength(((arrived = Buffer.from(packet)), ANSWER))],
    );
    expect(await ask(server, long)).toEqual(ANSWER);
    expect([server.seen, arrived]).toEqual([["tcp"], long]);
  });

  test("is sent again, the same, where a packet gets lost", async () => {
    const packets: string[] = [];
    await using server = await serve((packet, count) => {
      packets.push(packet.toString("hex"));
      return count === 1 ? [] : [ANSWER];
    });
    expect(await ask(server)).toEqual(ANSWER);
    expect(packets).toEqual([REQUEST.toString("hex"), REQUEST.toString("hex")]);
  });

  test("is answered by nothing but an answer to it", async () => {
    const others = [Buffer.from("garbage"), Buffer.alloc(0), message(8, RESPONSE), message(7)];
    await using server = await serve(() => [...others, ANSWER]);
    expect(await ask(server)).toEqual(ANSWER);
  });

  test("by TCP may be answered in pieces", async () => {
    const pieces = [...withLength(ANSWER)].map((byte) => Buffer.from([byte]));
    await using server = await serve(
      () => [message(7, RESPONSE | TRUNCATED)],
      () => pieces,
    );
    expect(await ask(server)).toEqual(ANSWER);
  });
});

describe("without an answer", () => {
  test("because the port is closed it fails at once", async () => {
    const server = await serve(() => []);
    await server[Symbol.asyncDispose]();
    expect(await codeOf(ask(server))).toBe("refused");
  });

  test("it ends with the signal, before and after it was sent", async () => {
    await using server = await serve(() => []);
    expect(await codeOf(ask(server, REQUEST, AbortSignal.timeout(50)))).toBe("timeout");
    const before = server.seen.length;
    expect(await codeOf(ask(server, REQUEST, AbortSignal.abort()))).toBe("other");
    expect(server.seen).toHaveLength(before);
  });

  test.each([
    ["closes the connection", (): Buffer[] => [], "reset"],
    ["answers another message", (): Buffer[] => [withLength(message(8, RESPONSE))], "other"],
  ])("from a server that %s over TCP it fails", async (_, tcp, code) => {
    await using server = await serve(() => [message(7, RESPONSE | TRUNCATED)], tcp);
    expect(await codeOf(ask(server))).toBe(code);
  });

  test("from a server that stops within an answer over TCP it ends with the signal", async () => {
    await using server = await serve(
      () => [message(7, RESPONSE | TRUNCATED)],
      () => [withLength(ANSWER).subarray(0, 9)],
    );
    expect(await codeOf(ask(server, REQUEST, AbortSignal.timeout(300)))).toBe("timeout");
  });
});
