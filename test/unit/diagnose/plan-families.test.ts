import { expect, test } from "bun:test";

import { inEachFamily } from "../../../src/config/families.ts";
import { namesOfPools } from "../../../src/diagnose/plan-families.ts";
import type { DdnsPlan } from "../../../src/diagnose/planned.ts";
import { configOf } from "../config/file/file.fixture.ts";

const nameText = (hostname: string, more = "", key = "/key"): string =>
  `[[ddns]]\nprovider = "dynudns"\nhostname = "${hostname}"\npassword-file = "${key}"\n${more}\n`;

const SECRETS = { "/key": "hunter2", "/other": "hunter3" };

const CONFIG = configOf(
  `
[[gateway]]
address = ["10.77.0.10", "fd00:77::10"]
[[pool]]
name = "vpn"
from = ["fd00:78::/64"]
routes = ["default6"]
[[pool]]
name = "rest"
routes = ["default", "default6"]
${nameText("gw.example.com", 'pool = "vpn"')}${nameText("gw.example.com", 'pool = "rest"', "/other")}`,
  { secrets: SECRETS },
);

const nameOf = (changes: string[], ...remarks: string[]): DdnsPlan => {
  return { hostname: "gw.example.com", provider: "DynuDNS", changes, remarks };
};

test("the name of a pool has the changes of both families, and each remark once", () => {
  const families = inEachFamily(CONFIG);
  expect(families.map(({ family, config }) => [family, config.pools.map(({ name }) => name)])).toEqual([
    [4, ["rest"]],
    [6, ["vpn", "rest"]],
  ]);
  const names = [
    [[nameOf(["add 203.0.113.1"], "marks", "IPv4")]],
    [[nameOf(["add 2001:db8::1"])], [nameOf(["add 2001:db8::2"], "marks", "IPv6")]],
  ];
  expect(namesOfPools(CONFIG, families, names)).toEqual([
    { ddns: nameOf(["add 2001:db8::1"]) },
    { ddns: nameOf(["add 203.0.113.1", "add 2001:db8::2"], "marks", "IPv4", "IPv6") },
  ]);
});

test("a pool has no name where it has none in any family", () => {
  const families = inEachFamily(CONFIG);
  expect(namesOfPools(CONFIG, families, [[[]], [[], [nameOf(["remove 2001:db8::9"])]]])).toEqual([
    { ddns: null },
    { ddns: nameOf(["remove 2001:db8::9"]) },
  ]);
});

test("the names of a pool have the order of the configuration, also where the first has records of IPv6 alone", () => {
  const text = `[[gateway]]
name = "both"
address = ["10.77.0.10", "fd00:77::10"]
[[gateway]]
name = "new"
address = "fd00:77::11"
[[pool]]
routes = ["default", "default6"]
${nameText("new.example", 'gateway = "new"')}${nameText("all.example")}`;
  const config = configOf(text, { secrets: SECRETS });
  const planOf = (hostname: string): DdnsPlan => ({ ...nameOf([]), hostname });
  const [first, second] = ["new.example", "all.example"].map(planOf);
  expect(namesOfPools(config, inEachFamily(config), [[[second!]], [[first!, second!]]])).toEqual([
    { ddns: first!, dnsNames: [first!, second!] },
  ]);
});
