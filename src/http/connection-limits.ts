/** How many connections the port holds at once. */
export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
  /** Those that follow the event stream. */
  readonly followers: number;
}

/** Where the limit of the process cannot be read: the least that a shell sets by default on any system. */
const USUAL_DESCRIPTORS = 256;

/** The part of all descriptors that clients may take; the others are for probes, `ip`, DNS, hooks and the log. */
const CLIENT_SHARE = 1 / 8;

const LEAST = 8;
const MOST = 128;
export const MOST_FOLLOWERS = 16;

/** @param descriptors that the process may have; undefined where that is unknown */
export function limitsFor(descriptors = USUAL_DESCRIPTORS): ConnectionLimits {
  const total = Math.min(MOST, Math.max(LEAST, Math.floor(descriptors * CLIENT_SHARE)));
  return { total, perAddress: Math.floor(total / 2), followers: Math.min(MOST_FOLLOWERS, Math.floor(total / 4)) };
}

/** The soft limit of open files in the text of /proc/PID/limits (proc(5)); undefined where it has none. */
export function openFilesIn(limits: string): number | undefined {
  const [, soft] = /^Max open files +(\d+|unlimited)\b/m.exec(limits) ?? [];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Infinity : Number(soft);
}

/**
 * What a connection is at: it waits for a request or for the rest of one, it is answered, or it follows the event stream.
 * In this order connections are closed for others.
 */
const PHASES = ["waiting", "answering", "following"] as const;

export interface Held {
  /** The address of the client. */
  readonly from: string;
  readonly phase: (typeof PHASES)[number];
  /** When that began, by a clock that never jumps. */
  readonly since: number;
  /** Bytes of a response that it has not read. */
  readonly unread: number;
}

/** Bytes of responses that clients have not read, of all connections: a status of many gateways has a megabyte. */
const MOST_UNREAD_BYTES = 32 << 20;

/**
 * The connection that has to be closed for a new one, if there is no room: of the addresses with the most connections that
 * which has waited longest, before those that are answered. So no address can take the place of others.
 *
 * @param from the address of the new client
 */
export function connectionToClose<C extends Held>(
  connections: Iterable<C>,
  from: string,
  { total, perAddress }: ConnectionLimits,
): C | undefined {
  const all = [...connections];
  const byAddress = Map.groupBy(all, (connection) => connection.from);
  const own = byAddress.get(from) ?? [];
  if (own.length >= perAddress) return firstToClose(own);
  if (all.length < total) return undefined;
  const most = Math.max(...[...byAddress.values()].map(({ length }) => length));
  return firstToClose(all.filter((one) => byAddress.get(one.from)!.length === most));
}

/** The connection that has to be closed for the memory that it holds, if too much is held: the oldest of the address with most. */
export function connectionToForget<C extends Held>(connections: Iterable<C>): C | undefined {
  const slow = [...connections].filter(({ unread }) => unread > 0);
  const bytesOf = (some: readonly C[]): number => some.reduce((sum, { unread }) => sum + unread, 0);
  if (bytesOf(slow) <= MOST_UNREAD_BYTES) return undefined;
  const [most] = [...Map.groupBy(slow, ({ from }) => from).values()].sort((a, b) => bytesOf(b) - bytesOf(a));
  return firstToClose(most!);
}

function firstToClose<C extends Held>(connections: readonly C[]): C {
  const rank = ({ phase }: Held): number => PHASES.indexOf(phase);
  return connections.reduce((first, one) => ((rank(one) - rank(first) || one.since - first.since) < 0 ? one : first));
}
