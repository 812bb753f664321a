import { constants } from "node:os";

import { UnsupportedError, whyNotLoaded } from "./unsupported.ts";

/** All C libraries of Linux answer to the first name, also musl; the others are the names of musl's own files. */
const NAMES = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, "libc.so"];

const FUNCTIONS = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "buffer", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "buffer", "buffer"], returns: "i32" },
  getsockname: { args: ["i32", "buffer", "buffer"], returns: "i32" },
  connect: { args: ["i32", "buffer", "u32"], returns: "i32" },
  send: { args: ["i32", "buffer", "u64", "i32"], returns: "i64" },
  recv: { args: ["i32", "buffer", "u64", "i32"], returns: "i64" },
  recvmsg: { args: ["i32", "buffer", "i32"], returns: "i64" },
  getxattr: { args: ["buffer", "buffer", "buffer", "u64"], returns: "i64" },
  waitpid: { args: ["i32", "buffer", "i32"], returns: "i32" },
  dup: { args: ["i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

type Ffi = typeof import("bun:ffi");

function load() {
  const ffi = require("bun:ffi") as Ffi; // only when the first probe is made: most services have none through a gateway
  const failures: unknown[] = [];
  for (const name of NAMES) {
    try {
      const { symbols } = ffi.dlopen(name, FUNCTIONS);
      return { ...symbols, ffi, errno: symbols.__errno_location()! };
    } catch (error) {
      failures.push(error);
    }
  }
  throw new UnsupportedError(whyNotLoaded(failures[0], NAMES));
}

let loaded: ReturnType<typeof load> | undefined;

/**
 * The functions of the C library that Bun does not offer.
 *
 * @throws UnsupportedError where they cannot be called
 */
export function libc(): ReturnType<typeof load> {
  return (loaded ??= load());
}

const NAMES_OF_ERRNO = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** A failed call of the C library, with the name of its errno as the code. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly code: string;

  constructor(call: string, errno: number) {
    const code = NAMES_OF_ERRNO.get(errno) ?? `errno ${errno}`;
    super(`${call}: ${code}`);
    this.code = code;
  }
}

/** The error of the call that failed just now. */
export function lastError(call: string): SystemError {
  const { ffi, errno } = libc();
  return new SystemError(call, ffi.read.i32(errno, 0));
}
