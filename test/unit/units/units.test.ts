import { describe, expect, test } from "bun:test";

import { SERVICE_MANAGERS, UNITS } from "../../../src/units/units.ts";

const COMMAND = ["/usr/bin/gateway-route-manager", "-start-ip", "192.168.1.10", "-path", "/a b"];

describe.each([...SERVICE_MANAGERS])("the service file of %s", (manager) => {
  const text = UNITS[manager](COMMAND);

  test("starts the program with its flags", () => {
    expect(text).toContain("/usr/bin/gateway-route-manager");
    expect(text).toContain("-start-ip 192.168.1.10 -path");
  });

  test("starts it again when it ends, and stops it with time to clean up", () => {
    expect(text).toMatch(/Restart=always|supervise-daemon|procd_set_param respawn/);
    expect(text).toMatch(/TimeoutStopSec=10|retry="TERM\/5|term_timeout 5/);
  });

  test("ends with a line break and has none too many", () => {
    expect(text).toMatch(/[^\n]\n$/);
    expect(text).not.toContain("\n\n\n");
  });
});

test("systemd grants the one privilege that routes need and no other", () => {
  const text = UNITS.systemd(COMMAND);
  expect([...text.matchAll(/CAP_\w+/g)].map(([name]) => name)).toEqual(["CAP_NET_ADMIN", "CAP_NET_ADMIN"]);
  expect(text).toContain("DynamicUser=yes");
});

test.each(["openrc", "openwrt"] as const)("%s: a shell can read the script", (manager) => {
  const { exitCode, stderr } = Bun.spawnSync(["sh", "-n"], { stdin: Buffer.from(UNITS[manager](COMMAND)) });
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
});
