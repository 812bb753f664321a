import { afterEach, describe, expect, setSystemTime, test } from "bun:test";

import { ddnsSettingsOf } from "../../src/config/dns-names.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { createProvider } from "../../src/ddns/create-provider.ts";
import type { SetProvider } from "../../src/ddns/providers/provider.ts";
import { RCODE } from "../../src/ddns/dns/message.ts";
import { createRfc2136 } from "../../src/ddns/providers/rfc2136/rfc2136.ts";
import { type DnsAnswer, sendDns } from "../../src/ddns/dns/send-dns.ts";
import { startBind } from "../fakes/bind.ts";
import { SERVER } from "../fakes/dynamic-server.ts";
import { FakeNameServer, KEY_TEXT } from "../fakes/name-server.ts";
import { failureOf, patient } from "./ddns-provider.fixture.ts";
import { SERVERS } from "./ddns-rfc2136.fixture.ts";

const NAME = "gw.example.com";
const setOf = (...addresses: readonly string[]) => ({ addresses, ttl: 60 });

afterEach(() => void setSystemTime());

describe.each(SERVERS)("%s", (_, open) => {
  test("replaces what is there as expected, in any order", async () => {
    await using bench = await open();
    await bench.put(NAME, "1.0.0.1", "1.0.0.2");
    await bench.provider().replace(setOf("1.0.0.3"), ["1.0.0.2", "1.0.0.1"], patient);
    expect(await bench.addressesOf(NAME)).toEqual(["1.0.0.3"]);
    expect(await bench.provider().read(patient)).toEqual(setOf("1.0.0.3"));
  });

  test.each([
    ["another address", ["1.0.0.9"]],
    ["one address fewer", ["1.0.0.1"]],
    ["one address more", ["1.0.0.1", "1.0.0.2", "1.0.0.3"]],
    ["nothing", []],
  ])("that has other records than expected (%s) keeps them", async (__, expected) => {
    await using bench = await open();
    await bench.put(NAME, "1.0.0.1", "1.0.0.2");
    const failure = await failureOf(bench.provider().replace(setOf("8.0.0.8"), expected, patient));
    expect(failure).toMatchObject({ kind: "passing", detail: expect.stringContaining("meanwhile") });
    expect(await bench.addressesOf(NAME)).toEqual(["1.0.0.1", "1.0.0.2"]);
  });

  test("that has no records where some were expected stays without", async () => {
    await using bench = await open();
    await failureOf(bench.provider().replace(setOf("8.0.0.8"), ["1.0.0.1"], patient));
    expect(await bench.addressesOf(NAME)).toEqual([]);
  });

  test("that answers the name by a wildcard gets records of the name", async () => {
    await using bench = await open();
    const name = bench.wildName();
    const provider = bench.provider(name);
    const { addresses } = await provider.read(patient);
    expect(addresses).toEqual(["9.0.0.9"]);
    await provider.replace(setOf("1.0.0.1"), addresses, patient);
    expect(await bench.addressesOf(name)).toEqual(["1.0.0.1"]);
    await provider.replace(setOf("1.0.0.2"), ["1.0.0.1"], patient);
    expect(await bench.addressesOf(name)).toEqual(["1.0.0.2"]);
  });

  test("with another secret: access, and the key is named", async () => {
    await using bench = await open();
    const other = bench.key.replace(/secret ".{4}/, 'secret "AAAA');
    const failure = await failureOf(bench.provider(NAME, other).read(patient));
    expect(failure).toMatchObject({ kind: "access", detail: expect.stringMatching(/grm-key \(BADSIG\)/) });
    expect(failure.message).not.toContain("AAAA");
  });

  test("that does not know the key: access", async () => {
    await using bench = await open();
    const failure = await failureOf(bench.provider(NAME, bench.key.replace("grm-key", "strange-key")).read(patient));
    expect(failure).toMatchObject({ kind: "access", detail: expect.stringContaining("strange-key (BADKEY)") });
  });

  test("that lets the key write nothing: access, and the remedy is what allows it there", async () => {
    await using bench = await open();
    const provider = bench.provider(NAME, bench.idleKey);
    await provider.read(patient);
    const failure = await failureOf(provider.replace(setOf("8.0.0.8"), [], patient));
    expect(failure).toMatchObject({
      kind: "access",
      detail: expect.stringMatching(/does not let the key idle-key write the A records .*\((REFUSED|BADKEY)\)/),
      remedy: failure.detail.endsWith("(REFUSED)")
        ? expect.stringContaining(`grant idle-key name ${NAME}. A;`)
        : expect.stringContaining("Knot: an acl of the zone with key: idle-key, action: update"),
    });
  });

  test("that lets the key write other names only: access", async () => {
    await using bench = await open();
    const failure = await failureOf(bench.provider("gw2.example.com").replace(setOf("8.0.0.8"), [], patient));
    expect(failure.kind).toMatch(/^(access|passing)$/); // what is there already is compared first
    expect(await bench.addressesOf("gw2.example.com")).not.toContain("8.0.0.8");
    expect(await failureOf(bench.provider("gw3.example.com").replace(setOf("8.0.0.8"), [], patient))).toMatchObject({
      kind: "access",
    });
  });

  test("that does not have the zone: access", async () => {
    await using bench = await open();
    for (const name of ["gw.example.org", "com"]) {
      expect((await failureOf(bench.provider(name).read(patient))).kind).toBe("access");
    }
  });

  test("that has the name as an alias: access", async () => {
    await using bench = await open();
    const failure = await failureOf(bench.provider("alias.example.com").read(patient));
    expect(failure).toMatchObject({ kind: "access", detail: expect.stringContaining("alias (CNAME)") });
  });

  test("is asked nothing after an abort", async () => {
    await using bench = await open();
    const failure = await failureOf(bench.provider().replace(setOf("8.0.0.8"), [], AbortSignal.abort()));
    expect(failure.kind).toBe("passing");
    expect(await bench.addressesOf(NAME)).toEqual([]);
  });
});

describe("BIND alone", () => {
  test("is kept right by what the flags say", async () => {
    await using bind = await startBind();
    const flags = {
      "start-ip": "192.168.1.10",
      "end-ip": "192.168.1.12",
      "ddns-provider": "rfc2136",
      "ddns-server": SERVER.address,
      "ddns-hostname": NAME,
    };
    const environment = { GRM_DDNS_PASSWORD_FILE: "/key" };
    const parsed = parseConfig(flags, { environment, readFile: () => bind.key });
    if (!parsed.ok) throw new Error(parsed.problems.join());
    const {
      publicIp,
      pools: [pool],
    } = parsed.config;
    const provider = createProvider(ddnsSettingsOf(publicIp, pool, pool.dnsNames[0]!)) as SetProvider;
    await provider.replace(setOf("1.0.0.1"), [], patient);
    expect(await bind.zone("example.com")).toContainEqual(
      expect.stringMatching(/^gw\.example\.com\.\s+60\s+IN\s+A\s+1\.0\.0\.1$/),
    );
  });

  test("is reached over IPv6 as well, by UDP and by TCP", async () => {
    await using bind = await startBind();
    const server = { address: "::1", port: 53 };
    const provider = createRfc2136({
      ...{ hostname: NAME, family: 6, password: bind.key, timeout: 5000 },
      server,
      sendDns,
    });
    const many = Array.from({ length: 60 }, (__, host) => `2600::${(host + 1).toString(16)}`);
    await provider.replace(setOf("2600::1"), [], patient);
    await provider.replace(setOf(...many), ["2600::1"], patient);
    expect((await provider.read(patient)).addresses.toSorted()).toEqual(many.toSorted());
  });

  test.each([
    [-3600, /is 1h0?m?0?s? ?behind/],
    [3600, /is 1h0?m?0?s? ?ahead of/],
  ])("with a clock that differs from the own by %d seconds: passing, and the clock is named", async (seconds, text) => {
    await using bind = await startBind();
    const provider = createRfc2136({ hostname: NAME, password: bind.key, timeout: 5000, server: SERVER, sendDns });
    setSystemTime(Date.now() + seconds * 1000);
    const failure = await failureOf(provider.read(patient));
    expect(failure).toMatchObject({ kind: "passing", detail: expect.stringMatching(text) });
    expect(failure).toMatchObject({ remedy: expect.stringContaining("NTP") });
  });

  test("that two routers write at the same time takes one of them, each time", async () => {
    await using bind = await startBind();
    const settings = { hostname: NAME, password: bind.key, timeout: 5000, server: SERVER, sendDns };
    const routers = [createRfc2136(settings), createRfc2136(settings)];
    for (let round = 0; round < 50; round += 1) {
      const { addresses } = await routers[0]!.read(patient);
      const sets = [1, 2].map((number) => [`${number}.0.${round}.1`, `${number}.0.${round}.2`]);
      const ends = await Promise.all(
        routers.map((router, index) =>
          router.replace(setOf(...sets[index]!), addresses, patient).then(
            () => sets[index]!.join(),
            ({ kind }) => kind as string,
          ),
        ),
      );
      expect(ends).toContain("passing");
      expect(ends).toContain((await routers[1]!.read(patient)).addresses.join());
    }
  });
});

describe("an answer", () => {
  const asking = (answer: Partial<DnsAnswer> | Error) => {
    const fake = new FakeNameServer();
    fake.fail(answer);
    const settings = { hostname: NAME, password: KEY_TEXT, timeout: 5000, server: SERVER };
    return createRfc2136({ ...settings, sendDns: fake.send });
  };

  test.each([
    ["FORMERR", "passing"],
    ["SERVFAIL", "passing"],
    ["NOTIMP", "access"],
    ["REFUSED", "access"],
    ["NOTAUTH", "access"],
    ["NOTZONE", "access"],
  ] as const)("%s is %s, signed or not", async (name, kind) => {
    for (const fault of [undefined, { code: "unsigned" }] as const) {
      const failure = await failureOf(asking({ rcode: RCODE[name], fault }).read(patient));
      expect(failure).toMatchObject({ kind, detail: expect.stringContaining(name) });
    }
  });

  test.each([
    ["unsigned", "does not sign"],
    ["forged", "wrong signature"],
  ] as const)("that is %s is passing, whatever it says", async (code, text) => {
    for (const rcode of [RCODE.done, RCODE.NXDOMAIN]) {
      const failure = await failureOf(asking({ rcode, fault: { code } }).read(patient));
      expect(failure).toMatchObject({ kind: "passing", detail: expect.stringContaining(text) });
    }
  });

  test("that a server has from another one: access", async () => {
    const fake = new FakeNameServer();
    fake.isSecondHand = true;
    const settings = { hostname: NAME, password: KEY_TEXT, timeout: 5000, server: SERVER };
    const failure = await failureOf(createRfc2136({ ...settings, sendDns: fake.send }).read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("primary server") });
  });

  test("that does not come is passing, and says why", async () => {
    const closed = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const failure = await failureOf(asking(closed).read(patient));
    expect(failure).toMatchObject({
      kind: "passing",
      code: "refused",
      detail: "the name server 127.0.0.1 cannot be reached: connection refused",
      remedy: "check -ddns-server, and that a name server listens there",
    });
  });

  test("about the zone is asked for once, and again after it was wrong", async () => {
    const fake = new FakeNameServer();
    const settings = { hostname: NAME, password: KEY_TEXT, timeout: 5000, server: SERVER };
    const provider = createRfc2136({ ...settings, sendDns: fake.send });
    await provider.replace(setOf("1.0.0.1"), [], patient);
    await provider.replace(setOf("1.0.0.2"), ["1.0.0.1"], patient);
    expect(fake.messages).toHaveLength(3);
    fake.fail({ rcode: RCODE.NOTAUTH });
    await failureOf(provider.replace(setOf("1.0.0.3"), ["1.0.0.2"], patient));
    await provider.replace(setOf("1.0.0.3"), ["1.0.0.2"], patient);
    expect(fake.messages).toHaveLength(6);
  });
});
