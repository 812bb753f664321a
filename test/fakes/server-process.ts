/** Real servers for tests, as a rule in a network namespace, with their files in a folder in memory. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { addNamespaces, IP, type Namespace, nextLabName, removeNamespaces } from "../e2e/lab/namespace.ts";

export interface ServerProcess extends AsyncDisposable {
  readonly folder: string;
  /** Writes a file into the folder that only root can read; returns its path. */
  file(name: string, text: string): string;
  /** The words of a command that runs where the server does. */
  inside(...words: string[]): string[];
  /** Starts the server, and waits until it writes such a line. */
  start(command: readonly string[], ready: RegExp): Promise<void>;
}

/**
 * Makes the folder of a server, which is in memory: servers wait for their disk at each update.
 *
 * @param space where it runs; undefined where the tests run
 */
export function serverIn(space: Namespace | undefined): ServerProcess {
  const folder = mkdtempSync("/dev/shm/grm-server-");
  const inside = (...words: string[]): string[] => (space ? [IP, "netns", "exec", space.name, ...words] : words);
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  let daemon: Bun.Subprocess | undefined;
  return {
    ...{ folder, file, inside },
    async start(command, ready) {
      const log = Bun.file(file("log", ""));
      daemon = Bun.spawn(inside(...command), { stdout: log, stderr: log });
      await running(daemon, log.name!, ready);
    },
    async [Symbol.asyncDispose]() {
      daemon?.kill();
      await daemon?.exited;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts a server in a network namespace of its own. The test process is in it until the server is disposed of. */
export async function alone<T extends AsyncDisposable>(serve: (space: Namespace) => Promise<T>): Promise<T> {
  const lab = nextLabName();
  const { dns: space } = await addNamespaces(lab, ["dns"]);
  await space.ip("link", "set", "lo", "up");
  const server = await serve(space);
  const stay = space.stay();
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      stay[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
      await removeNamespaces(`${lab}-`);
    },
  };
}

async function running({ exited }: Bun.Subprocess, log: string, ready: RegExp): Promise<void> {
  let hasEnded = false;
  void exited.then(() => (hasEnded = true));
  while (!ready.test(readFileSync(log, "utf8"))) {
    if (hasEnded) throw new Error(`the server does not start: ${readFileSync(log, "utf8")}`);
    await Bun.sleep(10);
  }
}
