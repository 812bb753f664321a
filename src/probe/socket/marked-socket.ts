import { type Address, type Family, formatAddress } from "../../net/address.ts";
import type { GatewayPath } from "../probe.ts";
import { type IcmpError, parseIcmpError } from "./icmp-error.ts";
import { lastError, libc } from "./libc.ts";
import { AF, decodeSockaddr, encodeSockaddr, SOCKADDR_LENGTHS } from "./sockaddr.ts";
import { NO_CAPABILITY, NO_IPV6, NO_PING_SOCKET, type Unsupported, UnsupportedError } from "./unsupported.ts";

export type SocketKind = "tcp" | "udp" | "icmp";

// socket(2), socket(7), ip(7), ipv6(7), recvmsg(2)
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const TYPES = { tcp: [1, 6], udp: [2, 17], icmp: [2, 1] } as const;
const ICMPV6 = 58;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const SO_MARK = 36;
/** IP_RECVERR, and IPV6_RECVERR. */
const RECVERR = { 4: { level: 0, option: 11 }, 6: { level: 41, option: 25 } } as const;
const MSG_ERRQUEUE_DONTWAIT = 0x2000 | 0x40;
const MSG_NOSIGNAL = 0x4000;

const ON = new Int32Array([1]);
const AT_ONCE = new Int32Array([1, 0]); // a reset instead of TIME_WAIT, which would take the local ports of frequent probes

/**
 * A socket of the family of a path, whose packets have its mark from the first one on. Each failed call throws a
 * SystemError, whose code is the name of its errno. It has to be closed in every outcome.
 */
export class MarkedSocket implements Disposable {
  readonly #fd: number;

  /** @throws also UnsupportedError */
  constructor(kind: SocketKind, { family = 4, mark }: GatewayPath) {
    const [type, protocol] = TYPES[kind];
    const own = kind === "icmp" && family === 6 ? ICMPV6 : protocol;
    this.#fd = libc().socket(AF[family], type | NONBLOCK_CLOEXEC, own);
    if (this.#fd < 0) throw unsupportedAs(lastError("socket"), { EACCES: NO_PING_SOCKET, EAFNOSUPPORT: NO_IPV6 });
    try {
      this.#set(SOL_SOCKET, SO_MARK, new Uint32Array([mark]));
      this.#set(RECVERR[family].level, RECVERR[family].option, ON); // keeps ICMP errors for `icmpError`
      if (kind === "tcp") this.#set(SOL_SOCKET, SO_LINGER, AT_ONCE);
    } catch (error) {
      this[Symbol.dispose]();
      throw unsupportedAs(error, { EPERM: NO_CAPABILITY });
    }
  }

  #set(level: number, option: number, value: Int32Array | Uint32Array): void {
    if (libc().setsockopt(this.#fd, level, option, value, value.byteLength) < 0) throw lastError("setsockopt");
  }

  /** Starts to connect. A handshake of TCP goes on afterwards. */
  connect(address: Address, port: number): void {
    const name = encodeSockaddr(address, port);
    if (libc().connect(this.#fd, name, name.length) >= 0) return;
    const error = lastError("connect");
    if (error.code !== "EINPROGRESS") throw error;
  }

  /** Sends a datagram. */
  send(bytes: Buffer): void {
    if (libc().send(this.#fd, bytes, bytes.length, MSG_NOSIGNAL) < 0) throw lastError("send");
  }

  /** One more descriptor of the same socket, which its taker closes. */
  duplicate(): number {
    const fd = libc().dup(this.#fd);
    if (fd < 0) throw lastError("dup");
    return fd;
  }

  /** The address that the socket sends from. */
  ownAddress(): string | undefined {
    const name = Buffer.alloc(SOCKADDR_LENGTHS[6]);
    if (libc().getsockname(this.#fd, name, new Uint32Array([name.length])) < 0) return undefined;
    const address = decodeSockaddr(name);
    return address && formatAddress(address);
  }

  /** Takes the oldest ICMP error that the socket has received and that was not taken. */
  icmpError(): IcmpError | undefined {
    const { header, control } = (messageBuffers ??= makeMessageBuffers());
    header[CONTROL_LENGTH] = BigInt(control.length); // the kernel writes the length of what it put there
    const length = libc().recvmsg(this.#fd, header, MSG_ERRQUEUE_DONTWAIT);
    return length < 0 ? undefined : parseIcmpError(control.subarray(0, Number(header[CONTROL_LENGTH])));
  }

  [Symbol.dispose](): void {
    libc().close(this.#fd);
  }
}

/** The index of msg_controllen in a `struct msghdr` of 64-bit fields. */
const CONTROL_LENGTH = 5;

/**
 * A `struct msghdr` without a name, and with one vector for the packet, and the buffers that it points to. Those have an
 * ArrayBuffer from the beginning: the engine gives other small ones a place elsewhere with the first view of them.
 */
function makeMessageBuffers() {
  const { ptr } = libc().ffi;
  const [packet, control] = [Buffer.from(new ArrayBuffer(512)), Buffer.from(new ArrayBuffer(512))];
  const vector = new BigUint64Array(new ArrayBuffer(16));
  vector.set([BigInt(ptr(packet)), BigInt(packet.length)]);
  const header = new BigUint64Array([0n, 0n, BigInt(ptr(vector)), 1n, BigInt(ptr(control)), 0n, 0n]);
  return { header, control, packet, vector }; // all of them, since pointers keep nothing from being collected
}

let messageBuffers: ReturnType<typeof makeMessageBuffers> | undefined;

/** An error of the system, or what it means by its code. */
function unsupportedAs(error: unknown, meanings: Readonly<Record<string, Unsupported>>): unknown {
  const unsupported = meanings[String((error as { code?: unknown }).code)];
  return unsupported ? new UnsupportedError(unsupported) : error;
}

/** Why this process cannot make sockets of these kinds in a family; undefined where it can. */
export function findUnsupported(kinds: Iterable<SocketKind>, family: Family = 4): Unsupported | undefined {
  try {
    for (const kind of kinds) new MarkedSocket(kind, { family, mark: 1 })[Symbol.dispose]();
    return undefined;
  } catch (error) {
    if (error instanceof UnsupportedError) return error.unsupported;
    throw error;
  }
}
