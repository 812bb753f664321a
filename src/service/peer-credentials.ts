import { lastError, libc } from "../probe/socket/libc.ts";

// socket(2), unix(7), netlink(7), sock_diag(7); linux/unix_diag.h
const AF_UNIX = 1;
const STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const AF_NETLINK = 16;
const RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const UDIAG_SHOW_UID = 0x40;
const UNIX_DIAG_UID = 7;
const ANY_COOKIE = 0xffffffff;

/** Who listens on a socket: its process at that time, which is 0 in another PID namespace, and its user. */
export interface Credentials {
  readonly pid: number | undefined;
  readonly uid: number;
}

/**
 * Who listens on an abstract socket, by SO_PEERCRED. It answers from the kernel, whether or not the process does.
 *
 * @returns "none" where none listens; "unknown" where that cannot be found out: its queue of connections is full, or
 *   the C library cannot be called
 */
export function credentialsOf(name: string): Credentials | "none" | "unknown" {
  let fd = -1;
  try {
    fd = libc().socket(AF_UNIX, STREAM_NONBLOCK_CLOEXEC, 0);
    if (fd < 0) return "unknown";
    const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(name)]); // all processors are little-endian
    if (libc().connect(fd, address, address.length) < 0) {
      return lastError("connect").code === "ECONNREFUSED" ? "none" : "unknown";
    }
    const cred = new Uint32Array(3); // struct ucred: pid, uid, gid
    if (libc().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, new Uint32Array([cred.byteLength])) < 0) return "unknown";
    return { pid: cred[0]! === 0 ? undefined : cred[0]!, uid: cred[1]! };
  } catch {
    return "unknown";
  } finally {
    if (fd >= 0) libc().close(fd);
  }
}

/** The user of a Unix socket by its inode, by sock_diag(7), since Linux 5.3; undefined where the kernel does not say. */
export function userOfSocket(inode: number): number | undefined {
  let fd = -1;
  try {
    fd = libc().socket(AF_NETLINK, RAW_CLOEXEC, NETLINK_SOCK_DIAG);
    const request = diagRequest(inode);
    if (fd < 0 || libc().send(fd, request, request.length, 0) < 0) return undefined;
    const answer = Buffer.from(new ArrayBuffer(4096));
    const length = Number(libc().recv(fd, answer, answer.length, 0)); // the kernel has answered within `send`
    return length < 0 ? undefined : userIn(answer.subarray(0, length));
  } catch {
    return undefined;
  } finally {
    if (fd >= 0) libc().close(fd);
  }
}

/** A `struct nlmsghdr` and a `struct unix_diag_req`. */
function diagRequest(inode: number): Buffer {
  const request = Buffer.alloc(40);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  request.writeUInt16LE(NLM_F_REQUEST, 6);
  request.writeUInt8(AF_UNIX, 16);
  request.writeUInt32LE(0xffffffff, 20); // sockets in all states
  request.writeUInt32LE(inode, 24);
  request.writeUInt32LE(UDIAG_SHOW_UID, 28);
  request.writeUInt32LE(ANY_COOKIE, 32);
  request.writeUInt32LE(ANY_COOKIE, 36);
  return request;
}

/** The attribute UNIX_DIAG_UID behind a `struct nlmsghdr` and a `struct unix_diag_msg`. */
function userIn(answer: Buffer): number | undefined {
  if (answer.length < 32 || answer.readUInt16LE(4) !== SOCK_DIAG_BY_FAMILY) return undefined;
  for (let at = 32; at + 8 <= answer.length;) {
    const [length, type] = [answer.readUInt16LE(at), answer.readUInt16LE(at + 2)];
    if (type === UNIX_DIAG_UID) return answer.readUInt32LE(at + 4);
    at += Math.max(4, (length + 3) & ~3);
  }
  return undefined;
}
