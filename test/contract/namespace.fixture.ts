import { execa } from "execa";

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
