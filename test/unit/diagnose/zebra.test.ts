import { describe, expect, test } from "bun:test";

import { checkImportTable, checkZebra, configurationOf } from "../../../src/diagnose/zebra.ts";

const withText = (text: string | undefined) => checkZebra({ path: "/etc/frr/frr.conf", text });

describe("a running zebra of FRR", () => {
  test("undoes changes of nexthop objects by default", () => {
    expect(withText("hostname r1\n!\n")).toMatchObject({
      level: "warning",
      topic: "zebra",
      remedy: "add the line no zebra nexthop kernel enable to /etc/frr/frr.conf, and restart FRR",
    });
  });

  test("is ok with the line of the remedy, wherever it stands", () => {
    for (const text of ["no zebra nexthop kernel enable", "hostname a\n  no zebra nexthop kernel enable \n!\n"]) {
      expect(withText(text).level).toBe("ok");
    }
  });

  test.each([
    "! no zebra nexthop kernel enable",
    "no zebra nexthop kernel enabled",
    "zebra nexthop kernel enable",
    "no zebra nexthop kernel enable\nzebra nexthop kernel enable\n",
  ])("is not ok with %j", (text) => {
    expect(withText(text).level).toBe("warning");
  });

  test("whose file cannot be read is taken for one without the line", () => {
    expect(withText(undefined).remedy).toContain(" to /etc/frr/frr.conf,");
  });

  test("is ok while it does not run", () => {
    expect(checkZebra(undefined)).toMatchObject({ level: "ok" });
  });

  test.each<[string[], string[], string]>([
    [[], ["/etc/frr/frr.conf"], "/etc/frr/frr.conf"],
    [[], [], "/etc/frr/zebra.conf"],
    [["-d", "-F", "traditional", "-A", "127.0.0.1"], ["/etc/frr/zebra.conf"], "/etc/frr/zebra.conf"],
    [["-d", "-N", "r1"], ["/etc/frr/r1/frr.conf"], "/etc/frr/r1/frr.conf"],
    [["--pathspace=r1"], [], "/etc/frr/r1/zebra.conf"],
    [["--pathspace", "r1"], ["/etc/frr/frr.conf", "/etc/frr/r1/zebra.conf"], "/etc/frr/r1/frr.conf"],
    [["-N", "r1", "-f", "/tmp/zebra.conf"], ["/etc/frr/frr.conf"], "/tmp/zebra.conf"],
    [["--config_file", "/tmp/zebra.conf"], [], "/tmp/zebra.conf"],
    [["-f/tmp/zebra.conf"], [], "/tmp/zebra.conf"],
  ])("with the arguments %j, where there are %j, has its configuration in %s", (args, existing, path) => {
    expect(configurationOf(args, (one) => existing.includes(one))).toBe(path);
  });
});

describe("a table of ours that zebra imports", () => {
  const check = (text: string | undefined) => checkImportTable({ path: "/etc/frr/frr.conf", text }, [180, 181]);

  test("is named with its line", () => {
    expect(check("hostname a\n ip import-table 181 distance 20\n")).toMatchObject([
      {
        ...{ level: "warning", topic: "zebra" },
        message: expect.stringContaining("imports table 181: "),
        remedy: expect.stringContaining("remove the line ip import-table 181 distance 20 from /etc/frr/frr.conf"),
      },
    ]);
  });

  test.each([
    "",
    "ip import-table 18",
    "! ip import-table 180",
    "ip import-table 180\nno ip import-table 180",
    undefined,
  ])("is not found in %j", (text) => {
    expect(check(text)).toEqual([]);
  });

  test("is none where zebra does not run", () => {
    expect(checkImportTable(undefined, [180])).toEqual([]);
  });
});
