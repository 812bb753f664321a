import { describe, expect, test } from "bun:test";

import { Check } from "typebox/schema";

import { renderStatus } from "../../../src/cli/status-view/format.ts";
import { Status } from "../../../src/status/schema.ts";
import { partsOf, setUpPools } from "./pools.fixture.ts";
import { configOf } from "../config/file/file.fixture.ts";

const GATEWAYS = `[[gateway]]
name = "sweden"
address = ["10.77.0.10", "fd00:77::10"]
[[gateway]]
name = "norway"
address = "10.77.0.11"
`;

const nameOf = (provider: string, hostname: string, more = ""): string =>
  `[[ddns]]\nprovider = "${provider}"\nhostname = "${hostname}"\npassword-file = "/run/dns"\n${more}\n`;

const ONE = `${GATEWAYS}${nameOf("dynudns", "gw.example.net")}`;
const SEVERAL = `${ONE}${nameOf("desec", "gw.example.net")}${nameOf("dynudns", "sweden.example.net", 'gateway = "sweden"')}`;

const SWEDEN = "sweden.example.net dynudns";

describe("the DNS names of a pool", () => {
  test("each have a state of their own, the first also where a single one has it", () => {
    const { model, status } = setUpPools(SEVERAL);
    model.record({ type: "ddns-verified", addresses: ["1.0.0.1"], retained: [], dnsName: SWEDEN });
    model.record({
      ...{ type: "ddns-trouble", kind: "access", code: undefined, detail: "HTTP 401", remedy: undefined, waitMs: 1 },
      dnsName: "gw.example.net desec",
    });
    model.record({ type: "ddns-verified", addresses: ["1.0.0.9"], retained: [], dnsName: "gone.example.net dynudns" });
    const { ddns, dnsNames } = status();
    expect(dnsNames!.map(({ hostname, provider, ok, addresses }) => [hostname, provider, ok, addresses])).toEqual([
      ["gw.example.net", "DynuDNS", null, []],
      ["gw.example.net", "deSEC", false, []],
      ["sweden.example.net", "DynuDNS", true, ["1.0.0.1"]],
    ]);
    expect(dnsNames!.map(({ gateway }) => gateway)).toEqual([undefined, undefined, "sweden"]);
    expect(ddns).toEqual(dnsNames![0]!);
    expect(Check(Status, status())).toBeTrue();
  });

  test("are not listed where there is one", () => {
    expect(setUpPools(ONE).status()).not.toHaveProperty("dnsNames");
  });

  test("keep their state over a reload that adds and removes others", () => {
    const { model, status } = setUpPools(SEVERAL);
    model.record({ type: "ddns-verified", addresses: ["1.0.0.1"], retained: [], dnsName: SWEDEN });
    const text = `${GATEWAYS}${nameOf("dynudns", "new.example.net")}${nameOf("dynudns", "sweden.example.net", 'gateway = "sweden"')}`;
    model.reload(partsOf(configOf(text, { secrets: { "/run/dns": "hunter2" } })));
    expect(status().dnsNames!.map(({ hostname, ok }) => [hostname, ok])).toEqual([
      ["new.example.net", null],
      ["sweden.example.net", true],
    ]);
  });

  test("need public addresses only in the families of their records", () => {
    const pool = '[[pool]]\nroutes = ["default", "default6"]\n';
    const { gateway } = setUpPools(`${GATEWAYS}${pool}${nameOf("dynudns", "oslo.example.net", 'gateway = "norway"')}`);
    expect(gateway("10.77.0.10").publicAddress).toMatchObject({ address: null });
    expect(gateway("fd00:77::10").publicAddress).toBeNull();
  });

  test("all stand in the status for people", () => {
    const { status } = setUpPools(SEVERAL);
    const text = renderStatus(status(), { width: 100, colour: false });
    for (const name of [
      "gw.example.net at DynuDNS",
      "gw.example.net at deSEC",
      "sweden.example.net at DynuDNS, of gateway sweden",
    ]) {
      expect(text).toContain(`DNS name ${name}`);
    }
  });
});
