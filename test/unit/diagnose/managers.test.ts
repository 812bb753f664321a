import { describe, expect, test } from "bun:test";

import { checkNetworkd, checkNetworkManager, parseIni } from "../../../src/diagnose/managers.ts";

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

  test("is ok while it does not run, whatever its files say", () => {
    expect(checkNetworkd(false, [])).toMatchObject({ level: "ok" });
  });

  test("removes rules and routes by default", () => {
    const finding = checkNetworkd(true, []);
    expect(finding).toMatchObject({ level: "warning", topic: "systemd-networkd" });
    expect(finding.message).toContain("removes rules and routes of other programs");
    expect(finding.remedy).toContain("ManageForeignRoutingPolicyRules=no and ManageForeignRoutes=no under [Network]");
  });

  test("is ok when its settings say no, in one file or several", () => {
    expect(checkNetworkd(true, [RULES, ROUTES])).toMatchObject({ level: "ok" });
    expect(checkNetworkd(true, [`${RULES}ManageForeignRoutes=FALSE`])).toMatchObject({ level: "ok" });
  });

  test("obeys the last file, takes an empty value for the default, and ignores other sections", () => {
    const again = "[Network]\nManageForeignRoutes=yes\n";
    expect(checkNetworkd(true, [RULES, ROUTES, again]).message).toContain("removes routes of other programs");
    expect(checkNetworkd(true, [RULES, ROUTES, "[Network]\nManageForeignRoutingPolicyRules="]).message).toContain(
      "removes rules of other programs",
    );
    expect(checkNetworkd(true, [RULES.replace("Network", "DHCPv4"), ROUTES]).remedy).not.toContain(
      "ManageForeignRoutes",
    );
  });
});

describe("systemd-networkd beside IPv6", () => {
  const KEPT = "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n";

  test("removes nexthop objects as well, unless its settings say no", () => {
    const { message, remedy } = checkNetworkd(true, [], [4, 6]);
    expect(message).toContain("removes rules, routes and nexthop objects of other programs");
    expect(remedy).toStartWith(
      "put ManageForeignRoutingPolicyRules=no, ManageForeignRoutes=no and ManageForeignNextHops=no under [Network]",
    );
    expect(checkNetworkd(true, [KEPT], [6]).remedy).toStartWith("put ManageForeignNextHops=no under [Network]");
    expect(checkNetworkd(true, [`${KEPT}ManageForeignNextHops=no`], [6])).toMatchObject({ level: "ok" });
    expect(checkNetworkd(true, [KEPT])).toMatchObject({ level: "ok" });
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
  ])("manages the main table only with %j", (text) => {
    expect(checkNetworkManager(true, file(text))).toMatchObject({ level: "ok" });
  });

  test.each([["[ipv4]\nroute-table=100\n"], ["[connection-wan]\nmatch-device=eth0\nipv4.route-table=100\n"]])(
    "removes routes of every table with %j",
    (text) => {
      const finding = checkNetworkManager(true, file(text));
      expect(finding).toMatchObject({ level: "warning", topic: "NetworkManager" });
      expect(finding.message).toContain("/etc/NetworkManager/x");
      expect(checkNetworkManager(false, file(text))).toMatchObject({ level: "ok" });
    },
  );

  test("removes routes of the families for which a connection has a table of its own", () => {
    const [ipv4, ipv6] = [4, 6].map((family) => file(`[ipv${family}]\nroute-table=100\n`));
    expect(checkNetworkManager(true, ipv6!, [4, 6])).toMatchObject({ level: "warning" });
    expect(checkNetworkManager(true, ipv4!, [6])).toMatchObject({ level: "ok" });
    expect(checkNetworkManager(true, file("[connection-x]\nipv6.route-table=100\n"), [6])).toMatchObject({
      level: "warning",
    });
  });
});
