/**
 * Packets from the client to the internet, and the gateways at which they arrive.
 *
 * Each flow is a UDP socket and so has a source port of its own. Sinks in the namespaces of the gateways and of the
 * upstream host record the packets that arrive there. Sender and sinks share one thread, and a limited number of packets is in
 * flight: a busy machine slows a stream down and loses no packet, so every lost packet was lost by the router.
 */
import type { udp } from "bun";
import type { Namespace } from "./namespace.ts";
import { type Explain, untilCount } from "./wait.ts";

/** A public address, which is routed through the gateways. Here it exists only in the lab. */
export const INTERNET = "8.8.8.8";
const PORT = 5000;
/** That of IPv6: a socket for all of its addresses is not beside one for all of IPv4. */
const PORT6 = 5006;
/** The most packets in flight, of all streams: the receive buffer of a sink holds 277 of them. */
const WINDOW = 200;
/** A stream may have so many in flight in any case: packets that were lost are counted as in flight. */
const LEAST = 10;

/** Where a packet arrived: the name of a sink. */
export type Sink = string;

export interface StreamOptions {
  readonly flows: number;
  readonly packetsPerSecond: number;
  readonly limit: number;
  /** The destination address; INTERNET by default. */
  readonly to?: string;
  /** The sender; the client by default. */
  readonly from?: Namespace;
  /** Whether packets may be lost: the stream then does not wait for packets in flight. */
  readonly lossy?: boolean;
}

export interface StreamReport {
  readonly sent: number;
  readonly lost: number;
  /** Packets by the sink they reached. */
  readonly arrived: Readonly<Record<Sink, number>>;
}

export class Traffic {
  readonly #client: Namespace;
  readonly #explain: Explain;
  readonly #sinks: udp.Socket<"uint8array">[] = [];
  readonly #flows = new Map<string, udp.Socket<"uint8array">[]>();
  readonly #streams = new Map<number, Stream>();

  constructor(client: Namespace, explain: Explain) {
    this.#client = client;
    this.#explain = explain;
  }

  /** Counts the packets that arrive in a namespace, under the name of a sink. */
  async addSink(name: Sink, space: Namespace): Promise<void> {
    const data = (_: unknown, packet: Uint8Array, flow: number): void => {
      const [stream = 0, sequence = 0] = new Uint32Array(packet.buffer.slice(packet.byteOffset, packet.byteOffset + 8));
      this.#streams.get(stream)?.arrive(sequence, name, flow);
    };
    const open = (hostname: string, port: number) =>
      space.enter(() => Bun.udpSocket({ hostname, port, binaryType: "uint8array", socket: { data } }));
    this.#sinks.push(await open("0.0.0.0", PORT), await open("::", PORT6));
  }

  /** Sends packets on many flows until `stop` is called or `limit` packets have been sent. */
  async stream(options: StreamOptions): Promise<Stream> {
    const number = this.#streams.size + 1;
    const { from = this.#client, lossy = false } = options;
    const flows = await this.#openFlows(from, options.flows, lossy, options.to?.includes(":") ? "::" : "0.0.0.0");
    const stream = new Stream(number, flows, { ...options, window: () => this.#window(number) }, this.#explain);
    this.#streams.set(number, stream);
    return stream;
  }

  /** Sends one packet on each of this many flows, from the client or another namespace. Returns the sink that each flow, by its source port, reaches now. */
  async survey(flows: number, from = this.#client, to = INTERNET): Promise<Map<number, Sink>> {
    const stream = await this.stream({ flows, packetsPerSecond: 20_000, limit: flows, from, to });
    const { lost } = await stream.finish();
    if (lost > 0) throw new Error(`a survey lost ${lost} of ${flows} packets\n${await this.#explain()}`);
    return stream.sinkOfFlow;
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.abandon();
    for (const socket of [...this.#sinks, ...[...this.#flows.values()].flat()]) socket.close();
  }

  /** The most packets in flight of a stream: an equal share, but not more than those of the others in flight leave. */
  #window(number: number): number {
    const others = [...this.#streams].filter(([other, { isSending }]) => isSending && other !== number);
    const inFlight = others.reduce((sum, [, stream]) => sum + stream.inFlight, 0);
    const share = Math.floor(WINDOW / (others.length + 1));
    return Math.max(LEAST, Math.min(share, WINDOW - inFlight));
  }

  /** Lossy streams have sockets of their own, since an ICMP error for one packet makes the next call of send fail. */
  async #openFlows(
    from: Namespace,
    count: number,
    lossy: boolean,
    hostname: string,
  ): Promise<udp.Socket<"uint8array">[]> {
    const name = `${from.name} ${lossy} ${hostname}`;
    const flows = this.#flows.get(name) ?? [];
    this.#flows.set(name, flows);
    // A packet that was rejected with an ICMP error is an error here; it is counted as a packet that did not arrive.
    const socket = { error() {} };
    while (flows.length < count) {
      flows.push(await from.enter(() => Bun.udpSocket({ hostname, binaryType: "uint8array", socket })));
    }
    return flows.slice(0, count);
  }
}

interface SendOptions extends StreamOptions {
  /** The most packets in flight at the moment. */
  readonly window: () => number;
}

export class Stream {
  /** The sink that each flow, by its source port, reached last. */
  readonly sinkOfFlow = new Map<number, Sink>();
  readonly #arrived: Record<Sink, number> = {};
  readonly #limit: number;
  readonly #lossy: boolean;
  readonly #seen: Uint8Array;
  readonly #explain: Explain;
  readonly #sending: Promise<void>;
  #sent = 0;
  #received = 0;
  #stopped = false;

  constructor(number: number, flows: udp.Socket<"uint8array">[], options: SendOptions, explain: Explain) {
    this.#limit = options.limit;
    this.#lossy = options.lossy ?? false;
    this.#seen = new Uint8Array(options.limit);
    this.#explain = explain;
    this.#sending = this.#send(number, flows, options);
  }

  /** Stops sending, waits for the packets in flight, and reports. */
  async stop(): Promise<StreamReport> {
    this.#stopped = true;
    return this.finish();
  }

  /** Waits until `limit` packets have been sent, and reports. */
  async finish(): Promise<StreamReport> {
    await this.#sending;
    await this.#settle();
    return { sent: this.#sent, lost: this.#sent - this.#received, arrived: { ...this.#arrived } };
  }

  get isSending(): boolean {
    return !this.#stopped && this.#sent < this.#limit;
  }

  /** How many packets have been sent and have not arrived; unknown where they may be lost. */
  get inFlight(): number {
    return this.#lossy ? 0 : this.#sent - this.#received;
  }

  /** How many packets have been sent so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Waits until this many more packets have been sent. */
  async more(packets: number): Promise<void> {
    const goal = this.#sent + packets;
    await untilCount(`a stream to send ${packets} more packets`, () => this.#sent, goal, this.#explain);
  }

  /** Ends it without a report. */
  abandon(): void {
    this.#stopped = true;
  }

  arrive(sequence: number, sink: Sink, flow: number): void {
    this.#arrived[sink] = (this.#arrived[sink] ?? 0) + 1;
    this.sinkOfFlow.set(flow, sink);
    if (this.#seen[sequence] === 1) return;
    this.#seen[sequence] = 1;
    this.#received += 1;
  }

  async #send(number: number, flows: udp.Socket<"uint8array">[], options: SendOptions): Promise<void> {
    const { packetsPerSecond: rate, limit, window, to = INTERNET } = options;
    const lossy = this.#lossy;
    const packet = new Uint32Array([number, 0]);
    const started = performance.now();
    let skipped = 0;
    while (this.isSending) {
      const due = Math.floor(((performance.now() - started) * rate) / 1000) - skipped;
      const room = (lossy ? this.#sent : this.#received) + window();
      const goal = Math.min(due, room, limit);
      // Packets that the window delays are skipped, so that no burst follows.
      skipped += Math.max(due - goal, 0);
      while (this.#sent < goal) {
        packet[1] = this.#sent;
        if (!(lossy ? sendOrLose : send)(flows[this.#sent % flows.length]!, packet, to)) break;
        this.#sent += 1;
      }
      await Bun.sleep(1); // the interval at which packets become due
    }
  }

  /** Waits for the packets in flight: until all have arrived, or none has arrived for 300 ms, since it was lost then. */
  async #settle(): Promise<void> {
    let last = -1;
    while (this.#received < this.#sent && this.#received > last) {
      last = this.#received;
      await Bun.sleep(300);
    }
  }
}

function send(flow: udp.Socket<"uint8array">, packet: Uint32Array, to: string): boolean {
  return flow.send(packet, to.includes(":") ? PORT6 : PORT, to);
}

/** Sends a packet whose sending may fail: the kernel rejects it, or reports the ICMP error of an earlier one. */
function sendOrLose(flow: udp.Socket<"uint8array">, packet: Uint32Array, to: string): boolean {
  try {
    send(flow, packet, to);
  } catch {
    // It counts as sent and lost.
  }
  return true;
}

/** The gateways that flows have left and those that they moved to, between two surveys. */
export function moved(before: Map<number, string>, after: Map<number, string>): { from: string[]; to: string[] } {
  const flows = [...before.keys()].filter((flow) => before.get(flow) !== after.get(flow));
  const names = (survey: Map<number, string>): string[] => [...new Set(flows.map((flow) => survey.get(flow)!))].sort();
  return { from: names(before), to: names(after) };
}
