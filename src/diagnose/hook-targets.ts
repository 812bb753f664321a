import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";

import type { CommandFacts } from "./hooks.ts";
import { lookUpHost } from "./look-up-host.ts";

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

/** Resolves a host; returns why that fails, undefined when it succeeds. */
export async function resolve(host: string): Promise<string | undefined> {
  const found = await lookUpHost(host.replace(/^\[|\]$/g, ""));
  return found.ok ? undefined : found.why;
}
