/** What visitors do to the HTTP port. */
import { expect } from "bun:test";
import type { Socket } from "bun";
import { answering, IP, refusing } from "../e2e/lab/index.ts";
import { run } from "../e2e/lab/namespace.ts";
import type { Fault } from "./fault.ts";
import { randomText } from "./hostile.ts";
import type { Scene } from "./scene.ts";

const PORT = 9090;

/** Visitors that send this and never read an answer. */
export async function visit(scene: Scene, count: number, request: string): Promise<Socket[]> {
  const open = (): Promise<Socket> =>
    scene.lab.router.enter(() =>
      Bun.connect({
        hostname: "127.0.0.1",
        port: PORT,
        socket: {
          open(socket) {
            socket.pause();
            socket.write(Buffer.from(request, "latin1"));
          },
          data() {},
          error() {},
        },
      }),
    );
  const sockets: Socket[] = [];
  for (let number = 0; number < count; number++) sockets.push(await open());
  scene.afterwards(() => sockets.forEach((socket) => socket.terminate()));
  return sockets;
}

/** So many visitors do something bad at once; meanwhile a gateway leaves and returns, and others are served. */
function visited(name: string, count: number, request: string): Fault {
  return {
    name,
    promise: "others are served, and the routes change at once",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      const visitors = await visit(scene, count, request);
      lab.gateway(2).becomes(refusing);
      await scene.untilHealthy([1, 3]);
      expect((await daemon.metrics()).value("gateway_active_count")).toBe(2);
      lab.gateway(2).becomes(answering(200));
      await scene.untilHealthy([1, 2, 3]);
      expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
      const seen = `${scene.changes(2)}, +${scene.memoryGrowth} MiB`;
      for (const visitor of visitors) visitor.terminate();
      return seen;
    },
  };
}

const asking = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

export const httpFaults: readonly Fault[] = [
  visited("300 scrapes whose answers nobody reads", 300, asking("/metrics")),
  visited("20 visitors that ask 500 times each and read nothing", 20, asking("/metrics").repeat(500)),
  visited("500 requests that are never finished", 500, "GET /metrics HTTP/1.1\r\nX-"),
  visited("500 connections that say nothing", 500, ""),
  visited("requests with a megabyte of header", 20, asking("/metrics", `X-Filler: ${"x".repeat(1_000_000)}\r\n`)),
  visited(
    "requests that announce a gigabyte",
    50,
    `POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n${"x".repeat(100_000)}`,
  ),
  visited("random bytes", 100, randomText(20_000)),
  visited("300 followers of the live stream who do not read", 300, asking("/api/v1/events")),
  {
    name: "a scrape read a byte a second",
    promise: "others are served; it takes no more memory",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      const readers = Bun.spawn([IP, "netns", "exec", lab.router.name, "bash", "-c", SLOW_READERS], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "ignore",
      });
      scene.afterwards(() => readers.kill());
      await daemon.untilRounds(4);
      expect(await daemon.get("/metrics")).toMatchObject({ status: 200 });
      const seen = scene.calm();
      readers.kill();
      return seen;
    },
  },
  {
    name: "a flood of scrapes for 8 s",
    promise: "no gateway is taken for dead; an answer costs less than a millisecond",
    lab: { gateways: 50, shared: true },
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      const flood = new URL("flood.ts", import.meta.url).pathname;
      const command = [IP, "netns", "exec", lab.router.name, process.execPath, flood, String(PORT), "8"];
      const before = scene.processorTime;
      const answers = Number(await run(command));
      const cost = (scene.processorTime - before) / answers;
      expect(cost).toBeLessThan(1);
      await daemon.untilRounds(1);
      return `${scene.calm()} during ${answers} answers of ${cost.toFixed(2)} ms`;
    },
  },
  {
    name: "20,000 connections that are reset at once",
    promise: "nothing stays open",
    async run(scene) {
      const daemon = await scene.settle();
      for (let time = 0; time < 200; time++) {
        for (const socket of await visit(scene, 100, "GET")) socket.terminate();
      }
      await daemon.untilRounds(2);
      return scene.calm();
    },
  },
];

/** Fifty scrapes, each read a byte a second. */
const SLOW_READERS = `for reader in {1..50}; do
  { exec 3<>/dev/tcp/127.0.0.1/${PORT}; printf 'GET /metrics HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n' >&3
    while IFS= read -r -N 1 -u 3; do sleep 1; done; } &
done
trap 'kill $(jobs -p)' TERM
wait`;
