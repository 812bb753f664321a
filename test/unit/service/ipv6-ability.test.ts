import { expect, test } from "bun:test";

import type { Config } from "../../../src/config/model.ts";
import { IpError, type IpErrorCode } from "../../../src/routing/iproute2/error.ts";
import { withoutMissingIpv6 } from "../../../src/service/ipv6-ability.ts";
import { parse } from "./reloader.fixture.ts";

const IPV4 = pool("ipv4", "10.0.0.1", "default");
const IPV6 = pool("ipv6", "fd00::2", "default6", 'from = ["fd00:5::/64"]');
const BOTH = pool("both", ["10.0.0.3", "fd00::3"], ["default", "default6"]);

/** The text of a gateway, and of a pool of it. */
function pool(name: string, address: string | string[], routes: string | string[], more = "") {
  return {
    gateway: `[[gateway]]\nname = "of-${name}"\naddress = ${JSON.stringify(address)}\n`,
    pool: `[[pool]]\nname = "${name}"\nmembers = ["of-${name}"]\nroutes = ${JSON.stringify([routes].flat())}\n${more}\n`,
  };
}

function configOf(...pools: readonly ReturnType<typeof pool>[]): Config {
  const parsed = parse([...pools.map(({ gateway }) => gateway), ...pools.map((one) => one.pool)].join(""));
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

const failing = (code: IpErrorCode) => () => Promise.reject(new IpError(code, "this ip has no nexthop objects"));

test("without IPv6 nothing is asked", async () => {
  const config = configOf(IPV4);
  expect(await withoutMissingIpv6(config, () => Promise.reject(new Error("asked")))).toEqual({ config });
});

test("where IPv6 can be routed, the configuration stays as it is", async () => {
  const config = configOf(BOTH);
  expect(await withoutMissingIpv6(config, () => Promise.resolve())).toEqual({ config });
});

test("where IPv6 cannot be routed, IPv4 goes on without its pools and addresses, with a warning", async () => {
  const config = configOf(IPV6, BOTH);
  const { config: rest, warning } = await withoutMissingIpv6(config, failing("no-nexthops"));
  expect(rest.gateways).toMatchObject([{ name: "of-both", address: "10.0.0.3", place: 1 }]);
  expect(rest.gateways[0]).not.toHaveProperty("address6");
  expect(rest.pools.map(({ name, gateways, route }) => [name, gateways, route.length])).toEqual([
    ["both", ["10.0.0.3"], 1],
  ]);
  expect(warning!.detail).toStartWith("cannot route IPv6: this ip has no nexthop objects; IPv6 is left out");
  expect(warning!.remedy).toContain("Linux 5.3");
});

test("where IPv6 cannot be routed and nothing else is, there is no start", async () => {
  const started = withoutMissingIpv6(configOf(IPV6), failing("no-nexthops"));
  expect(await started.catch((error: unknown) => error)).toMatchObject({
    code: "no-ipv6",
    message: expect.stringMatching(/^cannot route IPv6: this ip has no nexthop objects; use Linux 5\.3 or newer/),
  });
});

test("an ip that cannot be run is for the start to report", async () => {
  const config = configOf(BOTH);
  expect(await withoutMissingIpv6(config, failing("missing"))).toEqual({ config });
});
