/** The install script with secrets among the flags, in a mount namespace in which /etc is empty. */
import { beforeEach, describe, expect, onTestFinished, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { optionList } from "../../src/config/options.ts";

const SCRIPT = new URL("../../scripts/install", import.meta.url).pathname;
const SECRET = "hunter2 it's";

/** Stands for the executable: it prints its flags as a service file. */
const PROGRAM = `#!/bin/sh
case $1 in
  -version) echo "gateway-route-manager 9.9.9 (test)" ;;
  service) shift 2 && printf 'ExecStart=%s' "$0" && printf ' <%s>' "$@" && echo ;;
esac
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "grm-install-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "release"));
  writeFileSync(join(folder, "release/gateway-route-manager"), PROGRAM, { mode: 0o755 });
});

/** Runs commands of shell in the namespace, where `install` runs the script for a service manager; returns all output. */
async function run(manager: string, commands: string): Promise<string> {
  const shell = `set -e
    mount -t tmpfs none /etc
    mkdir -p /etc/init.d /etc/systemd/system /etc/default
    install() { sh ${SCRIPT} --from ${folder}/release --prefix ${folder}/prefix --service ${manager} --no-start "$@" 2>&1 || echo "status $?"; }
    systemctl() { :; }
    umask 022
    ${commands}`;
  mkdirSync(join(folder, "fake"), { recursive: true });
  for (const name of ["systemctl", "rc-update", "rc-service", "ip"]) {
    writeFileSync(join(folder, "fake", name), `#!/bin/sh\necho "ip utility, iproute2-6.1.0"\n`, { mode: 0o755 });
  }
  const env = { PATH: `${folder}/fake:/usr/sbin:/usr/bin:/sbin:/bin` };
  const child = Bun.spawn(["unshare", "--mount", "sh", "-c", shell], { env, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect({ status: await child.exited, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const quoted = SECRET.replaceAll("'", "'\\''");
const given = (flag: string) => `-start-ip 10.0.0.1 ${flag} '${quoted}' -path /x`;
const UNITS = [
  ["systemd", "/etc/systemd/system/gateway-route-manager.service", "600", "644"],
  ["openrc", "/etc/init.d/gateway-route-manager", "700", "755"],
] as const;

describe.each(UNITS)("an install for %s", (manager, unit, shut, open) => {
  test("with a secret writes a service file for root alone, and shows no secret", async () => {
    const output = await run(
      manager,
      `install -- ${given("-ddns-password")}; stat -c 'mode %a' ${unit}; grep -c hunter2 ${unit}`,
    );
    expect(output).toContain(`${unit} has the flags: '-start-ip' '10.0.0.1' '-ddns-password' '***' '-path' '/x'`);
    expect(output).toContain("install: a secret is among the flags");
    expect(output).toContain(`mode ${shut}\n2\n`); // in the command, and where the next upgrade reads the flags
    expect(output).not.toContain("hunter2");
  });

  test("without one writes a service file that all users can read, and warns of nothing", async () => {
    const output = await run(manager, `install -- -start-ip 10.0.0.1; stat -c 'mode %a' ${unit}`);
    expect(output).toContain(`mode ${open}\n`);
    expect(output).not.toContain("secret");
  });

  test("shuts the service file that an earlier version of the script left open", async () => {
    const flags = given("-http-password");
    const output = await run(
      manager,
      `install -- ${flags} >/dev/null; chmod 644 ${unit}; install; stat -c 'mode %a' ${unit}`,
    );
    expect(output).toContain(`mode ${shut}\n`);
    expect(output).not.toContain("hunter2");
  });

  test("keeps an edited service file for root alone, and removes it with the rest", async () => {
    const old = "/etc/gateway-route-manager.service.old";
    const edit = `install -- ${given("-http-password")} >/dev/null; echo '# mine' >>${unit}; echo open >${old}`;
    const output = await run(
      manager,
      `${edit}; install -- -start-ip 10.0.0.1; stat -c 'old %a' ${old}; install --uninstall; test ! -e ${old} && echo gone`,
    );
    expect(output).toContain(`old ${shut}\n`);
    expect(output).toContain(`remove ${old}\n`);
    expect(output).toContain("gone\n");
    expect(output).not.toContain("hunter2");
  });
});

const secrets = optionList.filter(({ secret }) => secret).map(({ flag }) => flag);
const spellings = secrets.flatMap((flag) => [`-${flag} `, `--${flag} `, `-${flag}=`, `--${flag}=`]);

test("no secret is shown, whatever its flag and however that is written", async () => {
  const dryRun = (spelling: string): string => `install --dry-run -- -rise 2 ${spelling}'${quoted}' -path /x`;
  const output = await run("systemd", spellings.map(dryRun).join("\n"));
  const lines = output.split("\n").filter((line) => line.includes("with the flags:"));
  const shown = (spelling: string): string =>
    spelling.endsWith("=") ? `'${spelling}***'` : `'${spelling.trim()}' '***'`;
  expect(lines.map((line) => line.replace(/^.*flags: /, ""))).toEqual(
    spellings.map((spelling) => `'-rise' '2' ${shown(spelling)} '-path' '/x'`),
  );
  expect(output).not.toContain("hunter2");
});

test("an error shows no secret: of a line break in it, and of flags that the program does not take", async () => {
  const broken = PROGRAM.replace("service) ", "service) exit 2; ");
  writeFileSync(join(folder, "release/gateway-route-manager"), broken, { mode: 0o755 });
  const output = await run("systemd", `install -- -http-password 'hunter2\n'; install -- ${given("-webhook-url")}`);
  expect(output).toContain("a flag cannot contain a line break: word 2 after --");
  expect(output).toContain("cannot create a service with the flags '-start-ip' '10.0.0.1' '-webhook-url' '***'");
  expect(output).not.toContain("hunter2");
});
