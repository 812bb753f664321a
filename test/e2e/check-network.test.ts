/** The findings of the check command about other hosts: gateways, the DNS provider, public address services. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Finding } from "../../src/diagnose/finding.ts";
import { check, type Report, type StartArguments } from "./lab/check.ts";
import {
  addressOf,
  answering,
  type DdnsLab,
  hanging,
  openDdnsLab,
  openLab,
  PORT,
  publicOf,
  refusing,
  ROUTER,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

describe("check of the gateways", () => {
  test("probes all of them at once, and reports each failed gateway with its reason and a remedy", async () => {
    const lab = await openLab({ gateways: 5 });
    lab.gateway(2).becomes(refusing);
    lab.gateway(3).becomes(hanging);
    lab.gateway(4).becomes(answering(500));
    const { status, bad, about } = await check(lab, {
      "start-ip": ROUTER.replace(/\d+$/, "11"),
      "end-ip": addressOf(6), // no machine has the last address
      timeout: "2s",
      "check-period": "2s",
    });
    expect(status).toBe(3);
    expect(bad).toEqual([2, 3, 4, 6].map((number) => `gateway ${addressOf(number)}`));
    const of = (number: number): Finding => about(`gateway ${addressOf(number)}`)[0]!;
    expect(of(2).message).toContain("the host is up, but nothing listens there for other machines");
    expect(of(2).remedy).toContain("HEALTH_SERVER_ADDRESS=0.0.0.0:9999");
    expect(of(3).message).toBe("timeout after 2s: the machine is up, but does not answer");
    expect(of(4).message).toMatch(/^status 500 after \d+ms$/);
    expect(of(6).message).toBe("timeout after 2s: no machine answers for this address (ARP)");
    expect(of(6).remedy).toContain("check that the gateway is running");
  });

  test("is an error when no gateway is healthy, and names another port that answers as Gluetun does", async () => {
    const lab = await openLab({ gateways: 1 });
    const { status, about } = await check(lab, { port: 9998 });
    expect(status).toBe(1);
    const [finding] = about(`gateway ${addressOf(1)}`);
    expect(finding!.message).toContain(`but port ${PORT} answers`);
    expect(finding!.remedy).toContain(`-port ${PORT}`);
  });

  test("is an error for gateways outside the connected networks, and for the machine's own address", async () => {
    const lab = await openLab({ gateways: 1 });
    const far = await check(lab, { "start-ip": "10.99.0.1", "end-ip": "10.99.0.1" });
    expect(far.about("nexthops")[0]).toMatchObject({ level: "error" });
    expect(far.about("nexthops")[0]!.message).toContain("not on a directly connected network");
    const own = await check(lab, { "start-ip": ROUTER, "end-ip": ROUTER });
    expect(own.about("nexthops")[0]!.remedy).toContain("leave 10.77.0.1 out");
  });
});

describe("check of the DNS name", () => {
  const checkName = async (
    ddns: DdnsLab,
    flags: StartArguments[0] = {},
    options: StartArguments[1] = {},
  ): Promise<Report> => check(ddns.lab, flags, options, ddns.start.bind(ddns));

  test("reads the records without writing any, and shows the public address of every healthy gateway", async () => {
    const { lab, ddns } = await openDdnsLab();
    lab.gateway(3).becomes(answering(503));
    const { status, about } = await checkName(ddns, { "ddns-require-ip-address": ROUTER });
    expect(status).toBe(3);
    expect(about("ddns records")[0]!.message).toContain("it resolves to nothing now");
    expect(about("ddns duty")[0]!.level).toBe("ok");
    expect(about("public address").map(({ message }) => message)).toEqual(
      [1, 2].map((number) => `${addressOf(number)} has ${publicOf(number)}`),
    );
    expect(ddns.writes()).toEqual([]);
    expect(ddns.dynu.requests.length).toBeGreaterThan(0);
  });

  test("reports a wrong key without showing it, and a machine without the required address", async () => {
    const { ddns } = await openDdnsLab();
    const { status, about } = await checkName(
      ddns,
      { "ddns-require-ip-address": "10.77.0.200" },
      { env: { DDNS_PASSWORD: "not-the-key" } },
    );
    expect(status).toBe(1);
    expect(about("ddns records")[0]).toMatchObject({ level: "error" });
    expect(about("ddns records")[0]!.remedy).toContain("-ddns-password");
    expect(JSON.stringify(about("ddns records"))).not.toContain("not-the-key");
    expect(about("ddns duty")[0]).toMatchObject({ level: "warning" });
  });

  test("is an error when the provider cannot be reached", async () => {
    const { ddns } = await openDdnsLab();
    ddns.disconnect();
    const { status, about } = await checkName(ddns);
    expect(status).toBe(1);
    expect(about("ddns records")[0]!.message).toContain("cannot be reached");
  });

  test("names the remedy for a control server that refuses connections, or requires an API key", async () => {
    const { ddns } = await openDdnsLab();
    ddns.service(1).becomes(refusing);
    ddns.service(2).becomes(answering(401));
    const { status, about } = await checkName(ddns);
    expect(status).toBe(3);
    const [first, second, third] = about("public address");
    expect(first!.message).toMatch(/^10\.77\.0\.11: connection refused/);
    expect(first!.remedy).toContain("HTTP_CONTROL_SERVER_ADDRESS=:8000");
    expect(second!.remedy).toContain("-public-ip-service-api-key");
    expect(third!.level).toBe("ok");
  });
});
