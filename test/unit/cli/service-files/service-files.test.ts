import { describe, expect, onTestFinished, test } from "bun:test";
import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { SERVICE_MANAGERS, SERVICE_FILES } from "../../../../src/cli/service-files/service-files.ts";

const COMMAND = ["/usr/bin/gateway-route-manager", "-start-ip", "192.168.1.10", "-path", "/a b"];

describe.each([...SERVICE_MANAGERS])("the service file of %s", (manager) => {
  const text = SERVICE_FILES[manager](COMMAND, 180);

  test("starts the program with its flags", () => {
    expect(text).toContain("/usr/bin/gateway-route-manager");
    expect(text).toContain("-start-ip 192.168.1.10 -path");
  });

  test("restarts the program when it exits, and stops it with time to clean up", () => {
    expect(text).toMatch(/Restart=always|supervise-daemon|procd_set_param respawn/);
    expect(text).toMatch(/TimeoutStopSec=10|retry="TERM\/5|term_timeout 5/);
  });

  test("ends with one line break and has no double blank lines", () => {
    expect(text).toMatch(/[^\n]\n$/);
    expect(text).not.toContain("\n\n\n");
  });
});

test("the systemd unit grants CAP_NET_ADMIN and no other capability", () => {
  const text = SERVICE_FILES.systemd(COMMAND, 180);
  expect([...text.matchAll(/CAP_\w+/g)].map(([name]) => name)).toEqual(["CAP_NET_ADMIN", "CAP_NET_ADMIN"]);
  expect(text).toContain("DynamicUser=yes");
});

test("the systemd unit has folders of its own for each table", () => {
  const text = SERVICE_FILES.systemd(COMMAND, 190);
  expect(text).toContain("\nRuntimeDirectory=gateway-route-manager/190\nRuntimeDirectoryMode=0700\n");
  expect(text).toContain("\nStateDirectory=gateway-route-manager/190\nStateDirectoryMode=0700\n");
});

/** The output of a shell that reads these definitions, a script of OpenRC or OpenWrt, and then a line. */
function read(script: string, definitions: string, line: string): string[] {
  const { stdout } = Bun.spawnSync(["sh", "-c", `${definitions}\n${script}\n${line}`]);
  return stdout.toString().split("\0").slice(0, -1);
}

describe("a command whose words have special characters", () => {
  const words = ["/opt/a b/$c/grm", "-path", "/d'e", "-public-ip-service-username", 'f $g "h" \\i;'];

  test("is started with these words by OpenRC", () => {
    // As in supervise-daemon.sh of OpenRC, the words are split and globbed before they are evaluated.
    const supervise = `eval printf "'%s\\0'" $command $command_args`;
    expect(read(SERVICE_FILES.openrc(words), "", supervise)).toEqual(words);
    const word = fc.string({ unit: fc.constantFrom(...`ab1 -=/$%"'\\\`!*?#;&|<>()[]{}~\t`) });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (flags) => {
        const command = ["/opt/a  *b/grm", "/*", ...flags];
        expect(read(SERVICE_FILES.openrc(command), "", supervise)).toEqual(command);
      }),
      { numRuns: 50 },
    );
  });

  test("is started with these words by procd", () => {
    const procd = `
      procd_set_param() { if [ "$1" = command ]; then shift; printf '%s\\0' "$@"; fi; }
      procd_append_param() { :; }
      procd_open_instance() { :; }
      procd_close_instance() { :; }`;
    expect(read(SERVICE_FILES.openwrt(words, 180), procd, "start_service")).toEqual(words);
  });
});

test("the OpenWrt script reads settings from a file, including a last line without a line break", () => {
  const settings = join(mkdtempSync(join(tmpdir(), "grm-service-files-")), "settings");
  onTestFinished(() => rmSync(dirname(settings), { recursive: true }));
  writeFileSync(settings, "# a comment\nGRM_START_IP=192.168.1.10\nOTHER=1\nGRM_PATH=/a b\\c");
  const procd = `
    procd_append_param() { printf '%s\\0' "$2"; }
    procd_set_param() { :; }
    procd_open_instance() { :; }
    procd_close_instance() { :; }`;
  const script = SERVICE_FILES.openwrt(COMMAND, 190).replace(/^SETTINGS=.*$/m, `SETTINGS=${settings}`);
  expect(read(script, procd, "start_service")).toEqual([
    "GRM_DRAIN_FILE=/etc/gateway-route-manager/drained-190.json", // first, so that a setting wins
    "GRM_START_IP=192.168.1.10",
    "GRM_PATH=/a b\\c",
  ]);
});

test.each(["openrc", "openwrt"] as const)("the %s script has valid shell syntax", (manager) => {
  const { exitCode, stderr } = Bun.spawnSync(["sh", "-n"], {
    stdin: Buffer.from(SERVICE_FILES[manager](COMMAND, 180)),
  });
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
});

describe("a reload", () => {
  const reload = ["/opt/x y", "reload", "-config", "/etc/c.toml"];

  test("is in the service file of each service manager where there is a configuration file", () => {
    expect(SERVICE_FILES.systemd(COMMAND, 180, reload)).toContain(
      '\nExecReload="/opt/x y" reload -config /etc/c.toml\n',
    );
    expect(SERVICE_FILES.openrc(COMMAND, 180, reload)).toContain("\t'/opt/x y' reload -config /etc/c.toml\n\teend $?");
    expect(SERVICE_FILES.openwrt(COMMAND, 180, reload)).toContain("exec '/opt/x y' reload -config /etc/c.toml\n");
  });

  test.each(Object.entries(SERVICE_FILES))("is not in that of %s without such a file", (_, print) => {
    expect(print(COMMAND, 180)).not.toMatch(/reload/i);
  });
});

test("the systemd unit keeps the folder of a track file, and removes the file whenever the service ends", () => {
  const unit = SERVICE_FILES.systemd(COMMAND, 180, undefined, false, "/run/grm/100% usable");
  expect(unit).toContain('\nRuntimeDirectoryPreserve=yes\nExecStopPost=-/bin/rm -f "/run/grm/100%% usable"\n');
  expect(unit).not.toContain("\n\n\n");
  expect(SERVICE_FILES.systemd(COMMAND, 180)).not.toMatch(/ExecStopPost|Preserve/);
});
