/** The receiving end of sd_notify(3): a Unix datagram socket, by libc, since Bun has none. */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { symbols: libc } = dlopen("libc.so.6", {
  socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  sendto: {
    args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr, FFIType.u32],
    returns: FFIType.i64,
  },
  recv: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
  close: { args: [FFIType.i32], returns: FFIType.i32 },
});

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;

export class NotifySocket {
  /** The value for NOTIFY_SOCKET. */
  readonly path: string;
  readonly messages: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), "grm-notify-"));
  readonly #address: Buffer;
  readonly #socket: number;

  constructor() {
    this.path = join(this.#folder, "socket");
    this.#address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(`${this.path}\0`)]);
    this.#socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    const status = libc.bind(this.#socket, ptr(this.#address), this.#address.length);
    if (status !== 0) throw new Error(`cannot bind the notification socket ${this.path}`);
  }

  /** Fills the receive queue until the kernel accepts no further message. */
  fill(): void {
    const address = this.#address;
    const sender = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    while (Number(libc.sendto(sender, ptr(address), address.length, 0, ptr(address), address.length)) > 0);
    libc.close(sender);
  }

  /** Reads the messages that have arrived; returns all messages so far. */
  receive(): readonly string[] {
    const buffer = Buffer.alloc(4096);
    for (;;) {
      const length = Number(libc.recv(this.#socket, ptr(buffer), buffer.length, 0));
      if (length < 0) return this.messages;
      this.messages.push(buffer.toString("utf8", 0, length));
    }
  }

  close(): void {
    libc.close(this.#socket);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
