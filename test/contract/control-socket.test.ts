/** The socket between commands and the service, with real connections. */
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { askService, type Reply } from "../../src/control/client.ts";
import { type Handler, MAX_REQUEST, MOST_UNDER_WAY } from "../../src/control/protocol.ts";
import { type ControlSocket, openControlSocket } from "../../src/control/server.ts";
import { writeDrainFile } from "../../src/service/drain-file.ts";

setDefaultTimeout(20_000);

const folders: string[] = [];
const open: ControlSocket[] = [];

afterEach(() => {
  for (const socket of open.splice(0)) socket.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "grm-control-"));
  folders.push(folder);
  return folder;
};

const echo: Handler = async (request) => ({ ok: true, result: request });

const listen = async (path: string, handlers: Readonly<Record<string, Handler>> = { echo }): Promise<ControlSocket> => {
  const socket = await openControlSocket(path, handlers);
  open.push(socket);
  return socket;
};

/** Sends bytes as they are, and returns all that comes back. */
const sendRaw = (path: string, bytes: string | Uint8Array, { half = false } = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ path });
    socket.once("connect", () => (half ? socket.end(bytes) : socket.write(bytes)));
    socket.on("data", (chunk) => (text += String(chunk)));
    socket.once("error", reject);
    socket.once("close", () => resolve(text));
  });

const codeOf = (reply: Reply): string | undefined => {
  if (!reply.reached) return reply.code;
  return reply.answer.ok ? undefined : reply.answer.code;
};

test("a request is met, with all its fields", async () => {
  const path = join(newFolder(), "a/b/control.sock");
  await listen(path);
  const request = { command: "echo", gateway: "Malmö\n☃", force: true };
  expect(await askService(path, request)).toEqual({ reached: true, answer: { ok: true, result: request } });
});

test("folder and socket are for the user of the service alone", async () => {
  const path = join(newFolder(), "table/control.sock");
  const before = process.umask();
  await listen(path);
  expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(process.umask()).toBe(before);
});

test("no other user may write to the folders above it, whatever the umask is", async () => {
  const folder = newFolder();
  const before = process.umask(0);
  try {
    await listen(join(folder, "run/grm/table/control.sock"));
    await writeDrainFile(join(folder, "lib/grm/table/drained.json"), []);
  } finally {
    process.umask(before);
  }
  for (const above of ["run", "run/grm", "lib", "lib/grm"]) {
    expect([above, statSync(join(folder, above)).mode & 0o777]).toEqual([above, 0o755]);
  }
  expect(statSync(join(folder, "lib/grm/table")).mode & 0o777).toBe(0o700);
});

test("a folder that exists keeps its mode, and the socket in it is for the user of the service alone", async () => {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  await listen(join(folder, "control.sock"));
  expect(statSync(folder).mode & 0o777).toBe(0o755);
  expect(statSync(join(folder, "control.sock")).mode & 0o777).toBe(0o600);
});

describe("a request is answered with an error that", () => {
  test.each([
    ["names an unknown command", `{"command":"reload"}\n`, "unknown-command"],
    ["names a command that every object has", `{"command":"constructor"}\n`, "unknown-command"],
    ["is no JSON", "drain 10.0.0.1\n", "malformed"],
    ["is no object", `["drain"]\n`, "malformed"],
    ["has no command", `{"gateway":"a"}\n`, "malformed"],
    ["is empty", "\n", "malformed"],
    ["is binary", Uint8Array.of(0, 255, 254, 10), "malformed"],
    ["is too long in one line", `{"command":"echo","x":"${"x".repeat(MAX_REQUEST)}"}\n`, "too-long"],
    ["has no end", "x".repeat(3 * MAX_REQUEST), "too-long"],
  ])("says that it %s", async (_, bytes, code) => {
    const path = join(newFolder(), "control.sock");
    await listen(path);
    expect(JSON.parse(await sendRaw(path, bytes))).toMatchObject({ ok: false, code });
    expect(codeOf(await askService(path, { command: "echo" }))).toBeUndefined();
  });

  test("says that nothing came in time", async () => {
    const path = join(newFolder(), "control.sock");
    await listen(path);
    expect(JSON.parse(await sendRaw(path, `{"command":`))).toMatchObject({ code: "too-slow" });
  });

  test("says that the service failed", async () => {
    const path = join(newFolder(), "control.sock");
    await listen(path, {
      async broken() {
        throw new Error("no more ink");
      },
    });
    const reply = await askService(path, { command: "broken" });
    expect(reply).toMatchObject({ answer: { ok: false, code: "failed", detail: "the service failed: no more ink" } });
  });
});

test("a request without a line break is met when its sender has ended", async () => {
  const path = join(newFolder(), "control.sock");
  await listen(path);
  expect(JSON.parse(await sendRaw(path, `{"command":"echo"}`, { half: true }))).toMatchObject({ ok: true });
});

test("only the first of several requests is met", async () => {
  const path = join(newFolder(), "control.sock");
  let met = 0;
  await listen(path, { count: async () => ({ ok: true, result: ++met }) });
  expect(await sendRaw(path, `{"command":"count"}\n{"command":"count"}\n`)).toBe(`{"ok":true,"result":1}\n`);
  expect(met).toBe(1);
});

test("an answer of a megabyte arrives whole", async () => {
  const path = join(newFolder(), "control.sock");
  const result = "x".repeat(1_000_000);
  await listen(path, { long: async () => ({ ok: true, result }) });
  expect(await askService(path, { command: "long" })).toEqual({ reached: true, answer: { ok: true, result } });
});

test("a request beyond those that can be met at once is answered so, and later ones are met", async () => {
  const path = join(newFolder(), "control.sock");
  const gate = Promise.withResolvers<void>();
  await listen(path, { wait: async () => (await gate.promise, { ok: true, result: null }) });
  const asked = Array.from({ length: MOST_UNDER_WAY }, () => askService(path, { command: "wait" }));
  await Bun.sleep(200);
  expect(codeOf(await askService(path, { command: "wait" }))).toBe("busy");
  gate.resolve();
  expect((await Promise.all(asked)).map(codeOf)).toEqual(asked.map(() => undefined));
  expect(codeOf(await askService(path, { command: "wait" }))).toBeUndefined();
});

test("a sender that goes away does not keep its request from being met", async () => {
  const path = join(newFolder(), "control.sock");
  const met = Promise.withResolvers<void>();
  await listen(path, { slow: async () => (await Bun.sleep(100), met.resolve(), { ok: true, result: null }) });
  const socket = connect({ path });
  socket.once("connect", () => socket.write(`{"command":"slow"}\n`, () => socket.destroy()));
  await met.promise;
  await Bun.sleep(50);
  expect(codeOf(await askService(path, { command: "slow" }))).toBeUndefined();
});

describe("at the place of the socket", () => {
  test("the socket of a killed run is replaced", async () => {
    const path = join(newFolder(), "control.sock");
    const child = Bun.spawn([
      process.execPath,
      "-e",
      `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); process.kill(process.pid, "SIGKILL")`,
    ]);
    await child.exited;
    expect(existsSync(path)).toBe(true);
    await listen(path);
    expect(codeOf(await askService(path, { command: "echo" }))).toBeUndefined();
  });

  test("a socket that is answered stays with its process", async () => {
    const path = join(newFolder(), "control.sock");
    await listen(path);
    await expect(openControlSocket(path, {})).rejects.toThrow(/is in use: another running instance has it/);
    expect(codeOf(await askService(path, { command: "echo" }))).toBeUndefined();
  });

  test("another file stays", async () => {
    const path = join(newFolder(), "control.sock");
    writeFileSync(path, "mine");
    await expect(openControlSocket(path, {})).rejects.toThrow(/is no socket/);
    expect(existsSync(path)).toBe(true);
  });

  test("a file in place of its folder is an error that names it", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "table"), "");
    const path = join(folder, "table/control.sock");
    await expect(openControlSocket(path, {})).rejects.toThrow(
      /^cannot make the control socket ".*table\/control.sock": /,
    );
  });
});

test("a stop removes the socket", async () => {
  const folder = newFolder();
  (await listen(join(folder, "control.sock"))).stop();
  expect(readdirSync(folder)).toEqual([]);
});

describe("a command says why it cannot reach the service", () => {
  test.each([
    ["there is no socket", () => join(newFolder(), "control.sock"), /there is no such socket/],
    [
      "there is another file",
      () => {
        const path = join(newFolder(), "control.sock");
        writeFileSync(path, "");
        return path;
      },
      /nothing listens there/,
    ],
  ])("when %s", async (_, pathOf, detail) => {
    const reply = await askService(pathOf(), { command: "echo" });
    expect(reply).toMatchObject({ reached: false, code: "unreached", detail: expect.stringMatching(detail) });
  });

  test("when what listens there talks nonsense", async () => {
    const path = join(newFolder(), "control.sock");
    const server = Bun.listen({ unix: path, socket: { data: (peer) => void peer.end("hello\n") } });
    expect(await askService(path, { command: "echo" })).toMatchObject({ reached: false, code: "malformed" });
    server.stop(true);
  });

  test("when nothing answers in time", async () => {
    const path = join(newFolder(), "control.sock");
    const server = Bun.listen({ unix: path, socket: { data() {} } });
    const reply = await askService(path, { command: "echo" }, 200);
    expect(reply).toMatchObject({ reached: false, detail: expect.stringContaining("it does not answer") });
    server.stop(true);
  });

  test("when another user asks", async () => {
    const folder = newFolder();
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, "home"), { mode: 0o755 });
    const path = join(folder, "table/control.sock");
    await listen(path);
    const code = `
      const { askService } = await import(${JSON.stringify(new URL("../../src/control/client.ts", import.meta.url).pathname)});
      process.setgid(65534);
      process.setuid(65534);
      console.log(JSON.stringify(await askService(${JSON.stringify(path)}, { command: "echo" })));
    `;
    const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", cwd: join(folder, "home") });
    expect(JSON.parse(await child.stdout.text())).toMatchObject({
      reached: false,
      detail: expect.stringContaining("permission denied"),
    });
  });
});
