/** Locks of running services, and processes of other users that have their names. */
import { afterEach, describe, expect, test } from "bun:test";

import { libc } from "../../src/probe/socket/libc.ts";
import { squattersOn } from "../../src/service/held-locks.ts";
import { isTableLocked, type Lock, lockTable, managerOf, socketOf } from "../../src/service/instance-lock.ts";
import { canPassOn, mayBeService } from "../../src/service/lock-holder.ts";
import { alternativeOf, lockOf, parseLockSockets } from "../../src/service/lock-sockets.ts";
import { credentialsOf } from "../../src/service/peer-credentials.ts";
import { probeTablesAmong } from "../../src/service/probe-locks.ts";
import { asVisitor, VISITOR } from "../fixtures/visitor.ts";

/** One that no other test and no service on this machine has. */
const TABLE = 715_180;
const NAME = socketOf.table(TABLE);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const keep = (lock: Lock | undefined): Lock | undefined => {
  if (lock) closing.push(() => lock.release());
  return lock;
};

/** A listener of that user. */
function squat(name = NAME): void {
  const listener = asVisitor(() => Bun.listen({ unix: name, socket: { data() {} } }));
  closing.push(() => listener.stop(true));
}

const UNIX_ADDRESS = Buffer.concat([Buffer.from([1, 0]), Buffer.from(NAME)]);

/** A socket that has the name, and accepts no connections. */
function bindOnly(): void {
  const { ffi } = libc();
  const { symbols } = ffi.dlopen("libc.so.6", { bind: { args: ["i32", "buffer", "u32"], returns: "i32" } });
  const fd = libc().socket(1, 1, 0);
  closing.push(() => libc().close(fd));
  expect(symbols.bind(fd, UNIX_ADDRESS, UNIX_ADDRESS.length)).toBe(0);
}

/** Connects until the queue of the listener is full. */
function fillQueue(): void {
  for (;;) {
    const fd = libc().socket(1, 1 | 0o4000, 0);
    closing.push(() => libc().close(fd));
    if (libc().connect(fd, UNIX_ADDRESS, UNIX_ADDRESS.length) < 0) return;
  }
}

/** A process that has the name, with a user and capabilities of its own. */
async function holdElsewhere(...privilege: string[]): Promise<number> {
  const script = `Bun.listen({ unix: ${JSON.stringify(NAME)}, socket: { data() {} } }); console.log("ready")`;
  const child = Bun.spawn(["setpriv", ...privilege, process.execPath, "-e", script], { stdout: "pipe", cwd: "/" });
  closing.push(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const { value } = await child.stdout.getReader().read();
  expect(Buffer.from(value ?? []).toString()).toBe("ready\n");
  return child.pid;
}

const AS_VISITOR = [`--reuid=${VISITOR}`, `--regid=${VISITOR}`, "--clear-groups"];

describe("a name of a lock that a process of another user has", () => {
  const ways: [string, () => void][] = [
    ["that listens", () => squat()],
    [
      "that listens, and whose queue is full",
      () => {
        squat();
        fillQueue();
        expect(credentialsOf(NAME)).toBe("unknown");
      },
    ],
    ["that does not listen", () => asVisitor(bindOnly)],
  ];

  test.each(ways)("%s: does not keep a service from the lock, and is reported", (_, hold) => {
    hold();
    const lock = keep(lockTable(TABLE));
    expect(lock?.despite).toMatchObject([{ lock: NAME, holder: { uid: VISITOR } }]);
  });

  test.each(ways)("%s: lets two services exclude each other all the same", async (_, hold) => {
    hold();
    const first = keep(lockTable(TABLE))!;
    expect(await isTableLocked(TABLE)).toBe(true);
    expect(lockTable(TABLE)).toBeUndefined();
    expect(managerOf(TABLE)).toMatchObject({ pid: process.pid, uid: 0 });
    first.release();
    expect(await isTableLocked(TABLE)).toBe(false);
    expect(keep(lockTable(TABLE))).toBeDefined();
  });

  test("is no lock of a running instance, and names its process", async () => {
    squat();
    expect(await isTableLocked(TABLE)).toBe(false);
    expect(managerOf(TABLE)).toBeUndefined();
    const holder = { pid: process.pid, uid: VISITOR, command: process.argv0 };
    expect(squattersOn([NAME, socketOf.table(TABLE + 1)])).toEqual([{ lock: NAME, holder }]);
  });

  test("may become free while a service runs, and the next service still finds that one", () => {
    squat();
    keep(lockTable(TABLE));
    closing.shift()!(); // the visitor leaves
    expect(lockTable(TABLE)).toBeUndefined();
  });

  test("is left alone by tables for probes and by what only looks like a name", () => {
    squat(socketOf.probeTables(TABLE));
    squat(`\0x\n0: 2 0 10000 0001 01 1 @${socketOf.probeTables(TABLE + 300).slice(1)}`);
    expect(probeTablesAmong([TABLE, TABLE + 300]).size).toBe(0);
  });
});

describe("a name of a lock that another process has", () => {
  test("counts if its user passes CAP_NET_ADMIN on to ip, as under systemd", async () => {
    const pid = await holdElsewhere(...AS_VISITOR, "--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin");
    expect(managerOf(TABLE)).toMatchObject({ pid, uid: VISITOR });
    expect(lockTable(TABLE)).toBeUndefined();
  });

  test("does not count without that", async () => {
    const pid = await holdElsewhere(...AS_VISITOR);
    expect(managerOf(TABLE)).toBeUndefined();
    expect(keep(lockTable(TABLE))?.despite).toMatchObject([{ holder: { pid, uid: VISITOR } }]);
  });

  test("counts if it is root's", async () => {
    const pid = await holdElsewhere("--no-new-privs");
    expect(managerOf(TABLE)).toMatchObject({ pid, uid: 0 });
    expect(lockTable(TABLE)).toBeUndefined();
  });
});

test.each([
  ["root", 0, true],
  ["the user of this service", 977, true],
  ["a user of systemd's DynamicUser", 61_184, true],
  ["a user of systemd's DynamicUser", 65_519, true],
  ["a person", 1000, false],
  ["the overflow user", 65_534, false],
])("a holder that is hidden from this process counts by its user alone: %s, %d", (_, uid, expected) => {
  expect(mayBeService({ pid: undefined, uid, command: undefined }, 977)).toBe(expected);
});

test("a holder of which nothing can be found out counts, so that two services never share a table", () => {
  expect(mayBeService({ pid: undefined, uid: undefined, command: undefined }, 977)).toBe(true);
});

test.each([
  ["a service of systemd", "977\t977\t977\t977", "0000000000001000", true],
  ["one with more capabilities", "977\t977\t977\t977", "000001ffffffffff", true],
  ["a program with file capabilities, which have no ambient ones", "977\t977\t977\t977", "0000000000000000", false],
  ["one with another capability", "977\t977\t977\t977", "0000000000002000", false],
  ["a program with set-user-ID that a user has run with the socket open", "977\t0\t0\t0", "0000000000001000", false],
  ["a later process with the same id, of another user", "12\t12\t12\t12", "0000000000001000", false],
])("a holder is judged by what it passes on to ip: %s", (_, uids, ambient, expected) => {
  expect(canPassOn(`Name:\tgrm\nUid:\t${uids}\nCapEff:\t000001ffffffffff\nCapAmb:\t${ambient}\n`, 977)).toBe(expected);
});

test("an alternative name of a lock belongs to that lock, and a reader of version 0.1.0 sees no number in it", () => {
  const name = alternativeOf(NAME);
  expect(lockOf(name)).toBe(NAME);
  expect(Number(name.slice(name.lastIndexOf("/") + 1))).toBeNaN();
});

test("of the sockets of the kernel those with names of locks are read, whether they listen or not", () => {
  const lines = [
    "Num       RefCount Protocol Flags    Type St Inode Path",
    "0000000000000000: 00000002 00000000 00010000 0001 01 174401 @gateway-route-manager/table/180",
    "0000000000000000: 00000002 00000000 00000000 0001 01  17440 @gateway-route-manager/rule/10888",
    "0000000000000000: 00000003 00000000 00000000 0002 01 174403 @gateway-route-manager/table/181",
    "0000000000000000: 00000002 00000000 00010000 0001 01 174404 /run/gateway-route-manager/180/control.sock",
    "0000000000000000: 00000003 00000000 00000000 0001 03 174405",
  ];
  expect(parseLockSockets(lines.join("\n"))).toEqual([
    { name: socketOf.table(180), inode: 174_401, listens: true },
    { name: socketOf.rule(10_888), inode: 17_440, listens: false },
  ]);
});
