import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

/**
 * Has this process run `ip` in a namespace, which it stays outside of itself: the PATH gets a script that enters it.
 *
 * @returns what ends that
 */
export function runIpIn(name: string): () => void {
  const [path, ip] = [process.env["PATH"]!, Bun.which("ip")!];
  const folder = mkdtempSync(join(tmpdir(), "grm-contract-"));
  writeFileSync(join(folder, "ip"), `#!/bin/sh\nexec ${ip} -n ${name} "$@"\n`);
  chmodSync(join(folder, "ip"), 0o755);
  process.env["PATH"] = `${folder}:${path}`;
  return () => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  };
}

let opened = 0;

/** A network namespace that ends with its test. */
export async function openNamespace() {
  const name = `grm-v6-${process.pid}-${++opened}`;
  await execa("ip", ["netns", "add", name]);
  const ip = async (args: readonly string[], input = ""): Promise<string> => {
    return (await execa("ip", ["-n", name, ...args], { input })).stdout;
  };
  await ip(["link", "set", "lo", "up"]);
  return {
    name,
    /** Runs `ip` in it; returns what it prints. */
    ip,
    async [Symbol.asyncDispose]() {
      await execa("ip", ["netns", "del", name]);
    },
  };
}
