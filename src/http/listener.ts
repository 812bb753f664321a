import type { Socket } from "bun";

import { plainAddress } from "./client-address.ts";
import { type ConnectionLimits, connectionToClose, connectionToForget } from "./connection-limits.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";

export interface ListenerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly limits: ConnectionLimits;
  readonly respond: ConnectionOptions["respond"];
  /** Called when a connection is closed for another one. */
  readonly onFull?: (from: string) => void;
}

/**
 * Listens for HTTP/1.1. Unlike Bun.serve it knows its connections from the first moment on, also those that send nothing,
 * and so holds no more of them than it may.
 *
 * @throws with `code` EADDRINUSE, EADDRNOTAVAIL or EACCES
 */
export function listenHttp({ hostname, port, limits, respond, onFull }: ListenerOptions): { stop(): void } {
  const connections = new Set<Connection>();
  const onSlow = (): void => connectionToForget(connections)?.close();
  const listener = Bun.listen<Connection>({
    hostname,
    port,
    allowHalfOpen: true, // a client may send its request and then its end
    socket: {
      open(socket) {
        const from = plainAddress(socket.remoteAddress);
        const oldest = connectionToClose(connections, from, limits);
        if (oldest) {
          connections.delete(oldest);
          oldest.close();
          onFull?.(from);
        }
        socket.data = new Connection({ wire: wireOf(socket), from, respond, onSlow });
        connections.add(socket.data);
      },
      data: ({ data }, bytes) => data.received(bytes),
      drain: ({ data }) => data.drained(),
      end: ({ data }) => data.ended(),
      close({ data }) {
        connections.delete(data);
        data.closed();
      },
      error: () => {}, // `close` follows
      binaryType: "uint8array",
    },
  });
  return {
    stop() {
      listener.stop(true);
      for (const connection of connections) connection.close();
    },
  };
}

function wireOf(socket: Socket<Connection>) {
  return {
    write: (bytes: Uint8Array) => socket.write(bytes),
    end: () => void socket.end(),
    terminate: () => void socket.terminate(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}
