import { describe, expect, test } from "bun:test";

import { judgeNetworkd, judgeNetworkManager, parseIni } from "../../../src/diagnose/managers.ts";

describe("INI files", () => {
  test("are read by section, without comments, with long lines joined", () => {
    const text = "top=0\n[Network]\n# a=1\n;b=2\r\n c = x=y \n[Other]\nd=1 \\\n 2\nnonsense\n=3\n";
    expect(parseIni(text)).toEqual([
      { section: "", key: "top", value: "0" },
      { section: "Network", key: "c", value: "x=y" },
      { section: "Other", key: "d", value: "1   2" },
    ]);
  });
});

describe("systemd-networkd", () => {
  const RULES = "[Network]\nManageForeignRoutingPolicyRules=no\n";
  const ROUTES = "[Network]\nManageForeignRoutes=off\n";

  test("does no harm while it does not run, whatever its files say", () => {
    expect(judgeNetworkd(false, [])).toMatchObject({ level: "ok" });
  });

  test("removes rules and routes unless told not to", () => {
    const finding = judgeNetworkd(true, []);
    expect(finding).toMatchObject({ level: "warning", topic: "systemd-networkd" });
    expect(finding.message).toContain("removes rules and routes of others");
    expect(finding.remedy).toContain("ManageForeignRoutingPolicyRules=no and ManageForeignRoutes=no under [Network]");
  });

  test("is told not to, in one file or several", () => {
    expect(judgeNetworkd(true, [RULES, ROUTES])).toMatchObject({ level: "ok" });
    expect(judgeNetworkd(true, [`${RULES}ManageForeignRoutes=FALSE`])).toMatchObject({ level: "ok" });
  });

  test("later files win, an empty value is the default again, and another section does not count", () => {
    const again = "[Network]\nManageForeignRoutes=yes\n";
    expect(judgeNetworkd(true, [RULES, ROUTES, again]).message).toContain("removes routes of others");
    expect(judgeNetworkd(true, [RULES, ROUTES, "[Network]\nManageForeignRoutingPolicyRules="]).message).toContain(
      "removes rules of others",
    );
    expect(judgeNetworkd(true, [RULES.replace("Network", "DHCPv4"), ROUTES]).remedy).not.toContain(
      "ManageForeignRoutes",
    );
  });
});

describe("NetworkManager", () => {
  const file = (text: string) => [{ path: "/etc/NetworkManager/x", text }];

  test.each([
    ["[ipv4]\nmethod=auto\n"],
    ["[ipv4]\nroute-table=0\n"],
    ["[ipv6]\nroute-table=100\n"],
    ["[main]\nipv4.route-table=100\n"],
    ["# [ipv4]\n#route-table=100\n"],
  ])("keeps to the main table with %j", (text) => {
    expect(judgeNetworkManager(true, file(text))).toMatchObject({ level: "ok" });
  });

  test.each([["[ipv4]\nroute-table=100\n"], ["[connection-wan]\nmatch-device=eth0\nipv4.route-table=100\n"]])(
    "removes routes of every table with %j",
    (text) => {
      const finding = judgeNetworkManager(true, file(text));
      expect(finding).toMatchObject({ level: "warning", topic: "NetworkManager" });
      expect(finding.message).toContain("/etc/NetworkManager/x");
      expect(judgeNetworkManager(false, file(text))).toMatchObject({ level: "ok" });
    },
  );
});
