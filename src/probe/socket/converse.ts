import { abortable } from "../../time/abortable.ts";
import { icmpFailure } from "./icmp-error.ts";
import type { MarkedSocket } from "./marked-socket.ts";

/** What a probe makes of the events of its socket; each returns the result, or undefined to wait for more. */
export interface Listener<T> {
  /** The handshake of TCP has ended. */
  readonly connected?: () => T | undefined;
  /** A datagram arrived. */
  readonly received?: (bytes: Buffer) => T | undefined;
}

/** An ICMP error that ended a conversation. */
export class IcmpFailureError extends Error {
  override readonly name = "IcmpFailureError";
  readonly failure: ReturnType<typeof icmpFailure>;

  constructor(failure: ReturnType<typeof icmpFailure>) {
    super(failure.detail);
    this.failure = failure;
  }
}

/**
 * Waits for the result of a socket that connects or has sent a datagram. The socket itself stays open.
 *
 * @throws the reason of the signal when it aborts; IcmpFailureError; or the error of the socket, whose code is the name
 *   of its errno
 */
export async function converse<T>(socket: MarkedSocket, signal: AbortSignal, listener: Listener<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let ended = false; // the end of the conversation causes one more event
  const settle = (result: T | undefined): void => {
    if (result !== undefined) resolve(result);
  };
  const closed = (): void => {
    // Without an error it was an empty datagram: Bun takes it for the end of a stream.
    if (!ended) settle(listener.received?.(Buffer.alloc(0)));
  };
  const fail = (error: unknown): void => {
    if (ended) return; // the number of the descriptor may be that of another socket by now
    const icmp = socket.icmpError();
    reject(icmp ? new IcmpFailureError(icmpFailure(icmp, socket.ownAddress())) : error);
  };
  const options: Bun.FdSocketOptions = {
    fd: socket.duplicate(), // Bun closes it before it reports an error
    socket: {
      // `open` comes at once, before the handshake; the first `drain` comes after it.
      drain: () => settle(listener.connected?.()),
      data: (_, bytes) => settle(listener.received?.(bytes)),
      close: (_, error) => (error ? fail(error) : closed()),
      error: (_, error) => fail(error),
    },
  };
  const watched = await Bun.connect(options as never); // the types of Bun.connect lack this kind of options
  return abortable(promise, signal).finally(() => {
    ended = true;
    watched.terminate();
  });
}
