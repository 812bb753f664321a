/** The findings of the check command about other programs that manage rules and routes. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Finding } from "../../src/diagnose/finding.ts";
import { check } from "./lab/check.ts";
import { endProcess, IP, type Lab, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

describe("check", () => {
  /** Runs `action` while a process with this name runs in the lab's router. */
  async function withProgram(lab: Lab, name: string, action: () => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "grm-check-"));
    copyFileSync("/bin/sleep", join(folder, name));
    const child = Bun.spawn([IP, "netns", "exec", lab.router.name, join(folder, name), "600"]);
    try {
      await lab.until(
        `${name} to run`,
        () => Bun.file(`/proc/${child.pid}/comm`).text(),
        (text) => text.trim() === name.slice(0, 15),
      );
      await action();
    } finally {
      endProcess(child.pid);
      rmSync(folder, { recursive: true });
    }
  }

  /** A wrapper for the executable in which /etc and /run hold only these files. */
  function withFiles(files: Record<string, string>): string[] {
    const mounts = ["/etc", "/run"].map((folder) => `mount -t tmpfs none ${folder}`);
    const writes = Object.entries(files).map(
      ([path, text]) => `mkdir -p $(dirname ${path}) && printf '%s' '${text}' > ${path}`,
    );
    return ["unshare", "--mount", "sh", "-c", [...mounts, ...writes, 'exec "$0" "$@"'].join(" && ")];
  }

  test("warns of a running systemd-networkd unless its configuration keeps foreign rules and routes", async () => {
    const lab = await openLab({ gateways: 1 });
    const findingWith = async (files: Record<string, string>): Promise<Finding> => {
      const wrapper = withFiles(files);
      return (await check(lab, {}, { wrapper })).about("systemd-networkd")[0]!;
    };
    const no = "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n";
    expect((await findingWith({ "/etc/systemd/networkd.conf": no })).message).toBe("is not running");
    await withProgram(lab, "systemd-networkd", async () => {
      const { level, remedy } = await findingWith({});
      expect(level).toBe("warning");
      const [, lines, path] = /^put (.*) under \[Network\] in (\S+) and restart systemd-networkd$/.exec(remedy!)!;
      const text = `[Network]\n${lines!.replace(" and ", "\n")}\n`;
      expect(await findingWith({ [path!]: text })).toMatchObject({ level: "ok" });
      expect(await findingWith({ "/etc/systemd/networkd.conf": no })).toMatchObject({ level: "ok" });
      expect(await findingWith({ "/etc/systemd/networkd.conf.d/b.conf": no })).toMatchObject({ level: "ok" });
      const hidden = { "/run/systemd/networkd.conf.d/b.conf": "[Network]\nManageForeignRoutes=yes\n" };
      expect(await findingWith({ "/etc/systemd/networkd.conf.d/b.conf": no, ...hidden })).toMatchObject({
        level: "ok",
      });
      expect(await findingWith({ "/run/systemd/networkd.conf": no })).toMatchObject({ level: "ok" });
      expect(await findingWith({ "/etc/systemd/networkd.conf": "", "/run/systemd/networkd.conf": no })).toMatchObject({
        level: "warning",
      });
      const again = {
        "/etc/systemd/networkd.conf": no,
        "/etc/systemd/networkd.conf.d/b.conf": "[Network]\nManageForeignRoutes=yes\n",
      };
      expect((await findingWith(again)).message).toContain("removes routes of other programs");
    });
  });

  test("does not take a program for running that has ended and was not waited for", async () => {
    const lab = await openLab({ gateways: 1 });
    const folder = mkdtempSync(join(tmpdir(), "grm-check-"));
    const program = join(folder, "systemd-networkd");
    copyFileSync("/bin/sleep", program);
    // The shell becomes a program that does not wait for its child.
    const line = `${program} 0 & echo $!; exec sleep 600`;
    const parent = Bun.spawn([IP, "netns", "exec", lab.router.name, "sh", "-c", line], { stdout: "pipe" });
    try {
      const { value } = await parent.stdout.getReader().read();
      const pid = new TextDecoder().decode(value).trim();
      await lab.until(
        "the program to end",
        () => Bun.file(`/proc/${pid}/stat`).text(),
        (text) => text.startsWith(`${pid} (systemd-network) Z`),
      );
      expect((await check(lab)).about("systemd-networkd")[0]!.message).toBe("is not running");
    } finally {
      endProcess(parent.pid);
      rmSync(folder, { recursive: true });
    }
  });

  test("warns of a running NetworkManager only for connections with a routing table of their own", async () => {
    const lab = await openLab({ gateways: 1 });
    const findingWith = async (text: string): Promise<Finding> => {
      const wrapper = withFiles({ "/etc/NetworkManager/system-connections/wan.nmconnection": text });
      return (await check(lab, {}, { wrapper })).about("NetworkManager")[0]!;
    };
    await withProgram(lab, "NetworkManager", async () => {
      expect(await findingWith("[ipv4]\nmethod=auto\n")).toMatchObject({ level: "ok" });
      const profile = "[ipv4]\nmethod=auto\nroute-table=200\n";
      const warned = await findingWith(profile);
      expect(warned).toMatchObject({ level: "warning" });
      expect(warned.message).toContain("/etc/NetworkManager/system-connections/wan.nmconnection");
      expect(warned.remedy).toStartWith("remove route-table there");
      expect(await findingWith(profile.replace("route-table=200\n", ""))).toMatchObject({ level: "ok" });
    });
  });
});
