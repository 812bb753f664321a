/** Clients of the HTTP port that hold more connections than the process may have file descriptors. */
import { expect } from "bun:test";
import type { Socket } from "bun";
import { quantile } from "../../scripts/benchmarks/statistics.ts";
import { answering, refusing, ROUTER, writeScript } from "../e2e/lab/index.ts";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

const PORT = 9090;

/** How long a client that was disconnected waits before it connects again, in ms. */
const RETURN_MS = 1000;

/** What clients send; none of them reads. They take turns. */
const KINDS = {
  "a half-sent request": "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-",
  nothing: "",
  "a request, and then nothing on a connection that is kept": "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "a body of which little comes": "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nx",
  "200 requests whose responses stay unread": "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200),
  "a request for the event stream": "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
};

/** The addresses from which they come: one with most of them, and many with a few. */
const addressOf = (client: number): string => (client % 2 === 0 ? "127.0.0.1" : `127.0.1.${(client >> 1) % 200}`);

/** Keeps this many clients connected: one that is disconnected comes again. */
class Crowd {
  readonly #scene: Scene;
  readonly #sockets = new Set<Socket>();
  #ended = false;

  static async gather(scene: Scene, count: number): Promise<Crowd> {
    const crowd = new Crowd(scene);
    scene.afterwards(() => crowd.leave());
    for (let client = 0; client < count; client++) await crowd.#connect(client);
    return crowd;
  }

  private constructor(scene: Scene) {
    this.#scene = scene;
  }

  leave(): void {
    this.#ended = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  async #connect(client: number): Promise<void> {
    if (this.#ended) return;
    const pause = RETURN_MS * (0.5 + ((client * 7) % 10) / 10); // not all at once
    const again = (): void => void setTimeout(() => void this.#connect(client), pause);
    const request = Object.values(KINDS)[client % Object.keys(KINDS).length]!;
    const options = {
      hostname: "127.0.0.1",
      port: PORT,
      localAddress: addressOf(client),
      socket: {
        open: (socket: Socket) => {
          this.#sockets.add(socket);
          socket.pause();
          socket.write(request);
        },
        data() {},
        error() {},
        close: (socket: Socket) => {
          this.#sockets.delete(socket);
          again();
        },
      },
    };
    await this.#scene.lab.router.enter(() => Bun.connect(options)).catch(again);
  }
}

/** Requests at such a time, one after the other. */
const REQUESTS = 20;

/** How many of them have a response, from another address than those of the crowd. */
async function servedOf({ daemon }: Scene): Promise<number> {
  let served = 0;
  for (let request = 0; request < REQUESTS; request++) {
    const response = await daemon.get("/readyz", ROUTER).catch(() => undefined);
    if (response?.status === 200) served++;
  }
  return served;
}

/** How long three failures of a gateway take to reach the route, in ms: a busy machine delays one or the other. */
async function failAndReturn(scene: Scene): Promise<number[]> {
  const times: number[] = [];
  while (times.length < 3) {
    const start = performance.now();
    scene.lab.gateway(2).becomes(refusing);
    await scene.untilHealthy([1, 3]);
    times.push(performance.now() - start);
    scene.lab.gateway(2).becomes(answering(200));
    await scene.untilHealthy([1, 2, 3]);
  }
  return times;
}

/** More clients than the process may have descriptors hold connections; a gateway fails meanwhile. */
function exhaustion(limit: number): Fault {
  const count = limit * 1.5;
  const text = (number: number): string => number.toLocaleString("en");
  return {
    name: `a gateway fails while ${text(count)} clients hold connections, and the process may have ${text(limit)} file descriptors`,
    promise: "the route is updated within 3 s, and the hook runs; clients at other addresses are served",
    async run(scene) {
      const hook = writeScript(scene.lab);
      await scene.settle({ "on-change": hook.command }, { wrapper: ["prlimit", `--nofile=${limit}`] });
      const crowd = await Crowd.gather(scene, count);
      const times = await failAndReturn(scene);
      expect(quantile(times, 0.5)).toBeLessThan(3000);
      await scene.lab.until(
        "the notification of the hook",
        () => hook.notifications.map(({ event }) => event),
        (events) => events.includes("gateway-down"),
      );
      const served = await servedOf(scene);
      expect(served).toBeGreaterThan(REQUESTS / 4);
      // The address of the crowd may be that of others, such as the health check of a container.
      const fromItsAddress = () => scene.daemon.get("/readyz", "127.0.0.1");
      await scene.lab.until("a response at the address of the crowd", fromItsAddress, ({ status }) => status === 200);
      crowd.leave();
      const seen = times.map((time) => (time / 1000).toFixed(1)).join(", ");
      return `updated after ${seen} s; ${served} of ${REQUESTS} requests from another address served`;
    },
  };
}

export const exhaustionFaults: readonly Fault[] = [256, 1024, 4096].map(exhaustion);
