/** The provider is reached by its name, through whatever resolves and forwards. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { openDdnsLab, UPSTREAM } from "./lab/index.ts";
import { resolverWith, withFile } from "./lab/resolver.ts";

setDefaultTimeout(60_000);

const BY_NAME = { "ddns-api-url": "https://api.provider.test:8443/v2" };

test("an IPv6 address of the provider that does not answer delays no update", async () => {
  const { lab, ddns } = await openDdnsLab();
  lab.router.tune({ "ipv6/conf/all/disable_ipv6": 0, "ipv6/conf/wan0/disable_ipv6": 0 });
  await lab.router.ip("-6", "address", "add", "2001:db8:1::1/64", "dev", "wan0", "nodad");
  await lab.router.ip("-6", "route", "add", "default", "via", "2001:db8:1::77", "dev", "wan0");
  const hosts = `2001:db8:2::1 api.provider.test\n${UPSTREAM} api.provider.test\n`;
  const daemon = ddns.start(BY_NAME, withFile(lab, "/etc/hosts", hosts));
  await ddns.untilReadBack([1, 2, 3]);
  expect(daemon.log.matching(/level=(warn|error).*ddns:/)).toEqual([]);
});

test.each([
  ["that drops queries for IPv6 addresses", { A: UPSTREAM, AAAA: "silence" }, "127.0.0.99"],
  ["that is reached over IPv6 alone", { A: UPSTREAM, AAAA: "none" }, "::1"],
] as const)("a resolver %s delays no update", async (_, answers, address) => {
  const { lab, ddns } = await openDdnsLab();
  lab.router.tune({ "ipv6/conf/lo/disable_ipv6": 0 });
  const daemon = ddns.start(BY_NAME, await resolverWith(lab, answers, address));
  await ddns.untilReadBack([1, 2, 3]);
  expect(daemon.log.matching(/level=(warn|error).*ddns:/)).toEqual([]);
});

test("a provider whose name has no address is reported as that", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start(BY_NAME, await resolverWith(lab, { A: "none", AAAA: "none" }));
  await daemon.log.next(/level=warn.*Dynu cannot be reached: the host name cannot be resolved \(ENOTFOUND\)/);
});

test("a proxy of the environment is named in the error that it causes, without its credentials", async () => {
  const { lab, ddns } = await openDdnsLab();
  const env = { https_proxy: "http://user:hunter2@127.0.0.1:3128" };
  const daemon = ddns.start(BY_NAME, { ...withFile(lab, "/etc/hosts", `${UPSTREAM} api.provider.test\n`), env });
  await daemon.log.next(/connection refused, through the proxy of https_proxy \(http:\/\/127\.0\.0\.1:3128\)/);
  expect(`${daemon.log}`).not.toContain("hunter2");
});
