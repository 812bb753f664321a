import { describe, expect, test } from "bun:test";

import { checkIpv6Settings, type Ipv6Interface, type Ipv6Settings } from "../../../src/diagnose/ipv6-settings.ts";

const lan0: Ipv6Interface = {
  ...{ name: "lan0", isRouter: true, forcesForwarding: false, acceptRa: 1, acceptsRedirects: true },
  ...{ keepsAddresses: true, leadsToGateways: true, hasPermanentAddress: true, advertised: [] },
};
const wan0: Ipv6Interface = { ...lan0, name: "wan0", leadsToGateways: false, hasPermanentAddress: false };

const check = (changes: Partial<Ipv6Settings>, gateways = 2, linkLocal: string[] = []) =>
  checkIpv6Settings(
    { forwards: true, hashPolicy: "1", interfaces: [lan0, wan0], manager: undefined, ...changes },
    { gateways, linkLocal },
  );
const about = (topic: string, changes: Partial<Ipv6Settings>) => check(changes).find((one) => one.topic === topic)!;
const bad = (...given: Parameters<typeof check>): string[] =>
  check(...given).flatMap(({ level, topic }) => (level === "ok" ? [] : `${level} ${topic}`));

describe("the kernel's settings for IPv6", () => {
  test("are ok when they are right for several gateways", () => {
    expect(bad({})).toEqual([]);
  });

  test("are an error where the kernel has no IPv6", () => {
    expect(bad({ forwards: undefined })).toEqual(["error ipv6"]);
  });

  test("are a warning where nothing is forwarded, unless each interface forces it", () => {
    expect(about("forwarding", { forwards: false })).toMatchObject({
      level: "warning",
      remedy:
        "sysctl -w net.ipv6.conf.all.forwarding=1, and to make it permanent: echo net.ipv6.conf.all.forwarding=1 >/etc/sysctl.d/90-ipv6-forward.conf",
    });
    const forced = [lan0, wan0].map((one) => ({ ...one, forcesForwarding: true }));
    expect(bad({ forwards: false, interfaces: forced })).toEqual([]);
    expect(bad({ forwards: false, interfaces: [] })).toEqual(["warning forwarding"]);
  });

  test("are a warning where this machine says that it is no router, although it forwards", () => {
    const { message, remedy } = about("forwarding", { interfaces: [{ ...lan0, isRouter: false }, wan0] });
    expect(message).toStartWith("forwarding is off on lan0: packets are forwarded all the same");
    expect(remedy).toBe("sysctl net.ipv6.conf.lan0.forwarding=1");
  });

  test("accept advertisements before they forward, where something is from these", () => {
    const interfaces = [lan0, { ...wan0, advertised: ["default route"] as const, isRouter: false }];
    expect(about("forwarding", { forwards: false, interfaces }).remedy).toStartWith(
      "sysctl net.ipv6.conf.wan0.accept_ra=2; sysctl -w net.ipv6.conf.all.forwarding=1",
    );
    expect(about("forwarding", { interfaces }).remedy).toBe(
      "sysctl net.ipv6.conf.wan0.accept_ra=2; sysctl net.ipv6.conf.wan0.forwarding=1",
    );
  });

  test("are a warning where what is from advertisements expires", () => {
    const advertised = { ...wan0, advertised: ["default route", "addresses"] as const };
    const { level, message, remedy } = about("router advertisements", { interfaces: [lan0, advertised] });
    expect(level).toBe("warning");
    expect(message).toEndWith("expires (default route and addresses on wan0)");
    expect(remedy).toBe("sysctl net.ipv6.conf.wan0.accept_ra=2");
    // Another program reads them (0), or the kernel does all the same (2).
    for (const acceptRa of [0, 2]) expect(bad({ interfaces: [lan0, { ...advertised, acceptRa }] })).toEqual([]);
  });

  test("are a warning where addresses towards gateways go with their interface, and nothing sets them again", () => {
    const interfaces = [
      { ...lan0, keepsAddresses: false },
      { ...wan0, keepsAddresses: false },
    ];
    const { level, remedy } = about("addresses", { interfaces });
    expect([level, remedy]).toEqual(["warning", "sysctl net.ipv6.conf.lan0.keep_addr_on_down=1"]);
    expect(about("addresses", { interfaces, manager: "systemd-networkd" }).level).toBe("ok");
    expect(bad({ interfaces: [{ ...lan0, keepsAddresses: false, hasPermanentAddress: false }] })).toEqual([]);
  });

  test("are a warning where neighbours may redirect packets, which no router allows", () => {
    const interfaces = [{ ...lan0, isRouter: false }];
    expect(bad({ interfaces })).toEqual(["warning forwarding", "warning accept_redirects"]);
    expect(bad({ interfaces: [{ ...lan0, isRouter: false, acceptsRedirects: false }] })).toEqual([
      "warning forwarding",
    ]);
  });

  test("are a warning where devices are neighbours of gateways with link-local addresses", () => {
    expect(bad({ interfaces: [lan0] }, 2, ["lan0"])).toEqual(["warning redirects"]);
    expect(bad({ interfaces: [lan0] })).toEqual([]);
    expect(bad({ interfaces: [lan0, wan0] }, 2, ["lan0"])).toEqual([]);
  });

  test("are a warning where flow labels decide about the gateway, if there are several", () => {
    for (const hashPolicy of ["0", undefined]) expect(bad({ hashPolicy })).toEqual(["warning hash policy"]);
    for (const hashPolicy of ["1", "2", "3"]) expect(bad({ hashPolicy })).toEqual([]);
    expect(bad({ hashPolicy: "0" }, 1)).toEqual([]);
  });

  test("name an interface with a dot as sysctl takes it", () => {
    const interfaces = [{ ...lan0, name: "lan0.5", keepsAddresses: false }];
    expect(about("addresses", { interfaces }).remedy).toBe("sysctl net.ipv6.conf.lan0/5.keep_addr_on_down=1");
  });
});
