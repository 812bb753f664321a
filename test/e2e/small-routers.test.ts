/** The commands of the guide that fit the program into little flash, with a small program in its place. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "./lab/namespace.ts";

const PAGE = readFileSync(join(import.meta.dir, "../../src/guide/small-routers.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "grm-small-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The blocks of commands in a section, with this folder in place of /opt. */
function commandsOf(section: string): string[] {
  const text = PAGE.split(`\n## ${section}\n`)[1]!.split("\n## ")[0]!;
  return [...text.matchAll(/^```(?:sh)?\n(.*?)^```/gms)].map(([, block]) => block!.replaceAll("/opt", folder));
}

const shell = (script: string): Promise<string> =>
  run(["unshare", "--mount", "--propagation=private", "sh", "-ec", `cd ${folder}\n${script}`]);

/** Whether this machine can mount it: some containers have no loop devices. */
const canMount = existsSync("/dev/loop-control") && /\bsquashfs\b/.test(readFileSync("/proc/filesystems", "utf8"));

test.skipIf(!canMount)(
  "with loop devices a squashfs image is made, mounted and runs, and the lines for OpenWrt mount it once",
  async () => {
    const program = join(folder, "gateway-route-manager");
    writeFileSync(program, "#!/bin/sh\necho runs\n", { mode: 0o755 });
    const [make, mount, , start] = commandsOf("A squashfs image");
    await shell(make!);
    rmSync(program); // the mount point has its name
    expect(await shell(`${mount}\n${program}/gateway-route-manager`)).toBe("runs\n");
    const startService = `${start!.replace(/procd_open_instance.*/, "}")}\nstart_service; start_service`;
    expect(await shell(`${startService}\n${program}/gateway-route-manager\nmount | grep -c ${program}`)).toBe(
      "runs\n1\n",
    );
  },
);
