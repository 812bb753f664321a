import { connect } from "node:net";

/**
 * An abstract unix socket (unix(7)): it belongs to the network namespace just like the routing table it stands for, so
 * containers that share the host's network see each other, and it is gone with its process, however that ends.
 */
const socketOf = (table: number): string => `\0gateway-route-manager/table/${table}`;

/** The right to manage a routing table. */
export interface Lock {
  release(): void;
}

/**
 * Takes the right to manage a table.
 *
 * @returns undefined when another running instance has it
 */
export function lockTable(table: number): Lock | undefined {
  try {
    const listener = Bun.listen({ unix: socketOf(table), socket: { open: (peer) => void peer.end(), data() {} } });
    return { release: () => listener.stop(true) };
  } catch (error) {
    if ((error as { code?: string }).code === "EADDRINUSE") return undefined;
    throw error;
  }
}

/** Whether a running instance manages the table. */
export function isTableLocked(table: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: socketOf(table) });
    const finish = (locked: boolean): void => {
      socket.destroy();
      resolve(locked);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", (error: NodeJS.ErrnoException) => finish(error.code !== "ECONNREFUSED"));
  });
}
