import { expect, test } from "bun:test";
import { createGzip } from "node:zlib";

import { createDynu } from "../../src/ddns/providers/dynu/dynu.ts";
import { createSend } from "../../src/ddns/create-provider.ts";
import {
  type Behaviour,
  hang,
  onRequest,
  pour,
  type ProbeServer,
  say,
  sayAndWait,
  startProbeServer,
} from "../fakes/probe-server.ts";
import { failureOf, patient } from "./ddns-provider.fixture.ts";
import { closing, MIB } from "./probe.fixture.ts";

const ROOT = JSON.stringify({
  statusCode: 200,
  id: 7,
  domainName: "example.net",
  hostname: "gw.example.net",
  node: "gw",
});
const head = (more: string): string => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${more}\r\n`;
const at = (port: number, by = fetch) =>
  createDynu({
    hostname: "gw.example.net",
    password: "key",
    timeout: 60_000,
    send: createSend(by),
    apiUrl: `http://127.0.0.1:${port}/v2`,
  });

/** Answers the request for the zone as usual, and the next one in another way. */
const afterRoot = (behaviour: Behaviour): Behaviour => {
  const root = say(`${head(`content-length: ${ROOT.length}\r\nconnection: close\r\n`)}${ROOT}`);
  let visits = 0;
  return (socket, visit) => (visits++ === 0 ? root : behaviour)(socket, visit);
};

test.each([
  ["cut within the head", "HTTP/1.1 200 OK\r\ncontent-type: app"],
  ["cut within the body", `${head(`content-length: ${ROOT.length}\r\n`)}${ROOT.slice(0, -20)}`],
  ["cut within a chunk", `${head("transfer-encoding: chunked\r\n")}ff\r\n${ROOT}`],
  ["not HTTP", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["not gzip, though it says so", `${head("content-encoding: gzip\r\ncontent-length: 7\r\n")}garbage`],
  ["not UTF-8", `${head("content-length: 2\r\n")}\xff\xfe`],
])("%s: passing", async (_, text) => {
  await using server = await startProbeServer(say(text));
  expect((await failureOf(at(server.port).list(patient))).kind).toBe("passing");
  await using second = await startProbeServer(afterRoot(say(text)));
  expect((await failureOf(at(second.port).list(patient))).kind).toBe("passing");
});

test.each<[string, Behaviour]>([
  ["before the answer", hang],
  ["within the head", sayAndWait("HTTP/1.1 200 OK\r\ncontent-le")],
])("an abort %s ends it and closes the connection", async (_, behaviour) => {
  const arrived = Promise.withResolvers<void>();
  await using server = await startProbeServer((socket, visit) => {
    behaviour(socket, visit);
    onRequest(() => arrived.resolve())(socket, visit);
  });
  await aborting(server, arrived.promise, fetch);
});

test("an abort within the body ends it and closes the connection", async () => {
  const arrived = Promise.withResolvers<void>();
  const announcing = (async (...words: Parameters<typeof fetch>) => {
    const response = await fetch(...words);
    arrived.resolve();
    return response;
  }) as typeof fetch;
  await using server = await startProbeServer(sayAndWait(`${head("content-length: 100\r\n")}{"statusCode":`));
  await aborting(server, arrived.promise, announcing);
});

/** Aborts a list at a moment, and waits for its end and that of its connection. */
async function aborting(server: ProbeServer, moment: Promise<void>, by: typeof fetch): Promise<void> {
  const controller = new AbortController();
  const failure = failureOf(at(server.port, by).list(controller.signal));
  await moment;
  controller.abort();
  expect((await failure).kind).toBe("passing");
  await closing(server);
}

test.each<[string, string]>([
  ["of declared length", "content-length: 104857600\r\n"],
  ["without end", ""],
])("a huge body %s is not read into memory: passing", async (_, length) => {
  for (const wrap of [(it: Behaviour) => it, afterRoot]) {
    await using server = await startProbeServer(wrap(pour(head(length), "x".repeat(65_536))));
    const before = process.memoryUsage.rss();
    expect((await failureOf(at(server.port).list(patient))).kind).toBe("passing");
    await server.visits.at(-1)!.closed;
    expect(server.visits.at(-1)!.sent).toBeLessThan(64 * MIB);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MIB);
  }
});

test("a small body that unpacks to a huge one is not read into memory: passing", async () => {
  const packed = await packedSpaces(512 * MIB);
  await using server = await startProbeServer(
    onRequest((socket) => {
      socket.write(head(`content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n`));
      socket.end(packed);
    }),
  );
  const before = process.memoryUsage.rss();
  expect((await failureOf(at(server.port).list(patient))).kind).toBe("passing");
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 * MIB);
});

/** So many spaces in gzip's format, made without ever holding them. */
async function packedSpaces(bytes: number): Promise<Buffer> {
  const gzip = createGzip();
  const packed = gzip.toArray();
  const chunk = Buffer.alloc(MIB, " ");
  for (let done = 0; done < bytes; done += MIB) {
    await new Promise<void>((resolve) => gzip.write(chunk, () => resolve()));
  }
  gzip.end();
  return Buffer.concat(await packed);
}
