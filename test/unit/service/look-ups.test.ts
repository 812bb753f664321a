import { expect, test } from "bun:test";

import { LookUps } from "../../../src/service/look-ups.ts";
import { configOf } from "../config/file/file.fixture.ts";

const GATEWAYS = '[[gateway]]\naddress = "10.0.0.1"\n[[gateway]]\naddress = "10.0.0.2"\n';
const POOLS = '[[pool]]\nname = "a"\nin = ["eth0"]\n[[pool]]\nname = "b"\n';
const nameOf = (pool: string, more = ""): string =>
  `[[ddns]]\npool = "${pool}"\nprovider = "dynudns"\nhostname = "${pool}.example.com"\npassword-file = "/key"\n${more}`;
const fileOf = (more: string) => configOf(`${GATEWAYS}${POOLS}${more}`, { secrets: { "/key": "key" } });
const SERVICE = '[public-ip]\nservice-hostname = "192.168.1.1"\n';

test.each([
  ["another name", nameOf("a"), nameOf("a") + nameOf("b"), true],
  ["one name less", nameOf("a") + nameOf("b"), nameOf("b"), true],
  ["other settings of a name", nameOf("a"), nameOf("a", 'record-ttl = "90s"\n'), true],
  ["a service to ask", nameOf("a"), SERVICE + nameOf("a"), false],
  ["another time between look-ups", nameOf("a"), '[public-ip]\nrefresh = "10s"\n' + nameOf("a"), false],
])("look-ups go on, or begin anew where they ask otherwise, after a reload with %s", (_, before, after, goOn) => {
  const lookUps = new LookUps(fileOf(before), () => {});
  const { current } = lookUps;
  lookUps.reload(fileOf(after));
  expect(lookUps.current === current).toBe(goOn);
});
