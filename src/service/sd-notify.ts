import { dlopen, FFIType, ptr } from "bun:ffi";

import type { Report } from "../status/schema.ts";

/** Notifies systemd; does nothing if systemd did not start the service. */
interface Notifier {
  /** Sends one message of sd_notify(3), such as `READY=1`. */
  send(message: string): void;
  /** The longest time between two messages `WATCHDOG=1`, in milliseconds; undefined without a watchdog. */
  readonly watchdog: number | undefined;
  /** The time of CLOCK_MONOTONIC. */
  monotonicMicroseconds(): bigint;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
/** A systemd that hangs must not delay the routes: a message that does not fit into its queue is lost. */
const MSG_DONTWAIT = 0x40;

/**
 * Reports to systemd that the service has started, and while `health` is ok, that it is alive.
 *
 * @returns what to call when the service stops, and around each reload of its configuration
 */
export function startSdNotify(
  environment: Readonly<Record<string, string | undefined>>,
  health: () => Report,
): { stopping(): void; reloading(): void; reloaded(): void } {
  const { send, watchdog, monotonicMicroseconds } = createNotifier(environment);
  let isReloading = false;
  let isStopping = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const beat = (): void => {
    // Ready again, in case the first message was lost; but during a reload that would mean its end.
    if (health().ok) send(isReloading ? "WATCHDOG=1" : "READY=1\nWATCHDOG=1");
    timer = setTimeout(beat, watchdog! / 3);
  };
  send("READY=1");
  if (watchdog !== undefined) beat();
  return {
    stopping() {
      isStopping = true;
      clearTimeout(timer);
      send("STOPPING=1");
    },
    reloading() {
      isReloading = true;
      if (!isStopping) send(`RELOADING=1\nMONOTONIC_USEC=${monotonicMicroseconds()}`);
    },
    reloaded() {
      isReloading = false;
      if (!isStopping) send("READY=1");
    },
  };
}

/**
 * The notifier that the environment asks for (NOTIFY_SOCKET and WATCHDOG_USEC). Neither Bun nor Node.js has datagram
 * sockets of the unix family, so this calls the C library.
 */
function createNotifier(environment: Readonly<Record<string, string | undefined>>): Notifier {
  const path = environment["NOTIFY_SOCKET"];
  const microseconds = Number(environment["WATCHDOG_USEC"] ?? 0);
  const isForThisProcess = [undefined, String(process.pid)].includes(environment["WATCHDOG_PID"]);
  const watchdog = path && isForThisProcess && microseconds > 0 ? microseconds / 1000 : undefined;
  const sendTo = path ? openSocket(path) : () => {};
  const monotonicMicroseconds = path ? readMonotonicClock : () => 0n;
  return { send: (message) => sendTo(Buffer.from(message)), watchdog, monotonicMicroseconds };
}

function openSocket(path: string): (message: Buffer) => void {
  const libc = openLibc();
  const socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const address = socketAddress(path);
  return (message) =>
    void libc.sendto(socket, ptr(message), message.length, MSG_DONTWAIT, ptr(address), address.length);
}

const CLOCK_MONOTONIC = 1;

/** Those of Bun count from other moments. */
function readMonotonicClock(): bigint {
  const time = new BigInt64Array(2); // struct timespec on every supported platform
  openLibc().clock_gettime(CLOCK_MONOTONIC, ptr(time));
  return time[0]! * 1_000_000n + time[1]! / 1000n;
}

function openLibc() {
  const symbols = {
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    sendto: {
      args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr, FFIType.u32],
      returns: FFIType.i64,
    },
    clock_gettime: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
  } as const;
  return dlopen("libc.so.6", symbols).symbols; // musl's loader replaces this name by its own
}

/** A `sockaddr_un` (unix(7)). A path that begins with `@` is abstract: here it begins with a zero byte. */
function socketAddress(path: string): Buffer {
  const family = Buffer.from([AF_UNIX, 0]); // every supported platform is little-endian
  const abstract = path.startsWith("@");
  return Buffer.concat([family, Buffer.from(abstract ? `\0${path.slice(1)}` : `${path}\0`)]);
}
