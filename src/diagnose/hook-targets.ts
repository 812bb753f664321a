import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { lookup } from "node:dns/promises";

import type { CommandFacts } from "./hooks.ts";

/** Reads the file of a command, without running it. */
export function readCommand(path: string): CommandFacts {
  const exists = isFile(path);
  const executable = exists && isExecutable(path);
  const head = executable ? readHead(path) : undefined;
  const interpreter = head === undefined ? undefined : interpreterOf(head);
  const interpretable = interpreter !== undefined && isExecutable(interpreter);
  return { exists, executable, interpreter, interpretable, crlf: head !== undefined && /^#!.*\r\n/.test(head) };
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    return false;
  }
}

/** The bytes that the kernel reads of the first line (BINPRM_BUF_SIZE). */
const HEAD_BYTES = 256;

/** As the kernel reads it: up to a space, a tab or the end of the line (load_script in fs/binfmt_script.c). */
function interpreterOf(head: string): string | undefined {
  if (head.startsWith("\x7fELF")) return undefined;
  return /^#![ \t]*([^ \t\n\0]+)/.exec(head)?.[1] ?? "";
}

/** The beginning of a file; undefined where it may be executed but not read. */
function readHead(path: string): string | undefined {
  const buffer = Buffer.alloc(HEAD_BYTES);
  try {
    const file = openSync(path, "r");
    try {
      return buffer.toString("latin1", 0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Without a limit, a resolver that does not answer would take half a minute. */
const LIMIT_MS = 5000;

/** Resolves a host; returns why that fails, undefined when it succeeds. */
export async function resolve(host: string): Promise<string | undefined> {
  const late = new Promise<string>((done) =>
    setTimeout(done, LIMIT_MS, `no answer within ${LIMIT_MS / 1000}s`).unref(),
  );
  const found = lookup(host.replace(/^\[|\]$/g, "")).then(
    () => undefined,
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
  return Promise.race([found, late]);
}
