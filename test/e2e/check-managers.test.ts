/** What the check command finds of programs that manage rules and routes as well. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Finding } from "../../src/advice/finding.ts";
import { check } from "./lab/check.ts";
import { endProcess, IP, type Lab, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

describe("programs that manage the network as well", () => {
  /** Runs something under a name, in the lab's router. */
  async function withProgram(lab: Lab, name: string, run: () => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "grm-check-"));
    copyFileSync("/bin/sleep", join(folder, name));
    const child = Bun.spawn([IP, "netns", "exec", lab.router.name, join(folder, name), "600"]);
    try {
      await lab.until(
        `${name} to run`,
        () => Bun.file(`/proc/${child.pid}/comm`).text(),
        (text) => text.trim() === name.slice(0, 15),
      );
      await run();
    } finally {
      endProcess(child.pid);
      rmSync(folder, { recursive: true });
    }
  }

  /** Runs the executable where a folder of the machine holds only these files. */
  function withFiles(folder: string, files: Record<string, string>): string[] {
    const writes = Object.entries(files).map(
      ([path, text]) => `mkdir -p $(dirname ${folder}/${path}) && printf '%s' '${text}' > ${folder}/${path}`,
    );
    const prepare = [`mkdir -p ${folder}`, `mount -t tmpfs none ${folder}`, ...writes, 'exec "$0" "$@"'];
    return ["unshare", "--mount", "sh", "-c", prepare.join(" && ")];
  }

  test("systemd-networkd removes rules and routes of others, unless it is told not to", async () => {
    const lab = await openLab({ gateways: 1 });
    const judged = async (files: Record<string, string>): Promise<Finding> => {
      const wrapper = withFiles("/etc/systemd", files);
      return (await check(lab, {}, { wrapper })).about("systemd-networkd")[0]!;
    };
    const no = "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n";
    expect((await judged({ "networkd.conf": no })).message).toBe("does not run here");
    await withProgram(lab, "systemd-networkd", async () => {
      expect(await judged({})).toMatchObject({ level: "warning" });
      expect(await judged({ "networkd.conf": no })).toMatchObject({ level: "ok" });
      expect(await judged({ "networkd.conf.d/b.conf": no })).toMatchObject({ level: "ok" });
      const again = { "networkd.conf": no, "networkd.conf.d/b.conf": "[Network]\nManageForeignRoutes=yes\n" };
      expect((await judged(again)).message).toContain("removes routes of others");
    });
  });

  test("NetworkManager does so only for connections with a table of their own", async () => {
    const lab = await openLab({ gateways: 1 });
    const judged = async (text: string): Promise<Finding> => {
      const wrapper = withFiles("/etc/NetworkManager", { "system-connections/wan.nmconnection": text });
      return (await check(lab, {}, { wrapper })).about("NetworkManager")[0]!;
    };
    await withProgram(lab, "NetworkManager", async () => {
      expect(await judged("[ipv4]\nmethod=auto\n")).toMatchObject({ level: "ok" });
      const guilty = await judged("[ipv4]\nroute-table=200\n");
      expect(guilty).toMatchObject({ level: "warning" });
      expect(guilty.message).toContain("/etc/NetworkManager/system-connections/wan.nmconnection");
    });
  });
});
