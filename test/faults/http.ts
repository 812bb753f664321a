/** Hostile, slow and excessive clients of the HTTP port. */
import { expect } from "bun:test";
import type { Socket } from "bun";
import { answering, IP, refusing } from "../e2e/lab/index.ts";
import { run } from "../e2e/lab/namespace.ts";
import type { Fault } from "./fault.ts";
import { randomText } from "./hostile.ts";
import type { Scene } from "./scene.ts";

const PORT = 9090;

/** Opens connections that send this and never read a response. */
export async function openClients(scene: Scene, count: number, request: string): Promise<Socket[]> {
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

/** This many clients send this at once and do not read; a gateway fails and returns, and other clients are served. */
function clients(name: string, count: number, request: string): Fault {
  return {
    name,
    promise: "other clients are served; a failed gateway leaves the route at once",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      const sockets = await openClients(scene, count, request);
      lab.gateway(2).becomes(refusing);
      await scene.untilHealthy([1, 3]);
      expect((await daemon.metrics()).value("gateway_active_count")).toBe(2);
      lab.gateway(2).becomes(answering(200));
      await scene.untilHealthy([1, 2, 3]);
      expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
      const seen = `${await scene.changes(2)}, ${scene.memoryText}`;
      for (const socket of sockets) socket.terminate();
      return seen;
    },
  };
}

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

export const httpFaults: readonly Fault[] = [
  clients("300 clients request /metrics and do not read the response", 300, get("/metrics")),
  clients("20 clients send 500 requests each and read no response", 20, get("/metrics").repeat(500)),
  clients("500 clients send incomplete requests", 500, "GET /metrics HTTP/1.1\r\nX-"),
  clients("500 clients connect and send nothing", 500, ""),
  clients("20 clients send 1 MB of header", 20, get("/metrics", `X-Filler: ${"x".repeat(1_000_000)}\r\n`)),
  clients(
    "50 clients announce a body of 1 GB",
    50,
    `POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n${"x".repeat(100_000)}`,
  ),
  clients("100 clients send random bytes", 100, randomText(20_000)),
  clients("300 clients request the event stream and do not read it", 300, get("/api/v1/events")),
  {
    name: "50 clients read /metrics at one byte a second",
    promise: "other clients are served; memory stays bounded",
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
      const seen = await scene.unchanged();
      readers.kill();
      return seen;
    },
  },
  {
    name: "32 clients request /metrics as fast as they can for 8 s",
    promise: "no gateway counts as failed; a response costs less than 1 ms of processor time",
    lab: { gateways: 50, shared: true },
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      const flood = new URL("flood.ts", import.meta.url).pathname;
      const command = [IP, "netns", "exec", lab.router.name, process.execPath, flood, String(PORT), "8"];
      const before = scene.processorTime;
      const responses = Number(await run(command));
      const cost = (scene.processorTime - before) / responses;
      expect(cost).toBeLessThan(1);
      await daemon.untilRounds(1);
      return `${await scene.unchanged()} during ${responses} responses of ${cost.toFixed(2)} ms each`;
    },
  },
  {
    name: "20,000 clients reset their connections",
    promise: "no socket stays open",
    async run(scene) {
      const daemon = await scene.settle();
      for (let time = 0; time < 200; time++) {
        for (const socket of await openClients(scene, 100, "GET")) socket.terminate();
      }
      await daemon.untilRounds(2);
      return scene.unchanged();
    },
  },
];

/** Fifty clients, each of which reads one byte of /metrics a second. */
const SLOW_READERS = `for reader in {1..50}; do
  { exec 3<>/dev/tcp/127.0.0.1/${PORT}; printf 'GET /metrics HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n' >&3
    while IFS= read -r -N 1 -u 3; do sleep 1; done; } &
done
trap 'kill $(jobs -p)' TERM
wait`;
