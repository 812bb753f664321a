import { describe, expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import type { SetProvider } from "../../src/ddns/providers/provider.ts";
import { createRoute53 } from "../../src/ddns/providers/route53/route53.ts";
import { signAws } from "../../src/ddns/sign-aws.ts";
import { judgeSignature } from "../fakes/aws-signature.ts";
import { FakeRoute53, PERMISSIONS } from "../fakes/route53.ts";
import { testFailures } from "./ddns-http-provider.fixture.ts";
import { failureOf, patient, textOf } from "./ddns-provider.fixture.ts";

type Settings = Partial<Parameters<typeof createRoute53>[0]>;

function open(own: Settings = {}): { fake: FakeRoute53; provider: SetProvider } {
  const fake = new FakeRoute53();
  return { fake, provider: at(fake, own) };
}

/** The provider for the name at this fake. */
function at(fake: FakeRoute53, own: Settings = {}): SetProvider {
  const key = { username: fake.id, password: fake.secret };
  const send = createSend(fake.fetch);
  return createRoute53({ hostname: "gw.example.net", ...key, timeout: 60_000, send, signAws, ...own });
}

const set = { addresses: ["8.0.0.8"], ttl: 600 };

const decline = (status: number, message: string, code = "SomeError") => ({
  status,
  body: `<?xml version="1.0"?>\n<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
});

testFailures({
  open: (password) => open(password === undefined ? {} : { password }),
  writes: "POST",
  decline,
  declined: [
    ["a wrong key", decline(403, "invalid", "InvalidClientTokenId"), "access", "access"],
    ["a missing permission", decline(403, "not authorized", "AccessDenied"), "access", "access"],
    ["an unknown error of access", decline(403, "no", "ExpiredToken"), "access", "access"],
    ["an invalid field", decline(400, "invalid", "InvalidInput"), "access", "refused"],
    ["a zone that is not there", decline(404, "No hosted zone found", "NoSuchHostedZone"), "access", "access"],
    ["too many requests", decline(400, "Rate exceeded", "Throttling"), "passing", "passing"],
    ["an error called as a property of every object", decline(400, "odd", "constructor"), "access", "refused"],
    ["another request for the zone", decline(400, "wait", "PriorRequestNotComplete"), "passing", "passing"],
  ],
  garbage: [
    "<html>",
    "",
    "<ResourceRecordSets><ResourceRecordSet><Name>gw.example.net.</Name><Type>A</Type></ResourceRecordSet></ResourceRecordSets>",
    "<ResourceRecordSets><ResourceRecordSet><Name>gw.example.net.</Name><Type>A</Type><TTL>60</TTL><ResourceRecord><Value>2600::1</Value></ResourceRecord></ResourceRecordSet></ResourceRecordSets>",
  ],
});

describe("records", () => {
  test("are those of the name and the type", async () => {
    const { fake, provider } = open();
    expect(await provider.read(patient)).toEqual({ addresses: [], ttl: undefined });
    fake.put({ name: "gw2.example.net.", values: ["9.0.0.1"] });
    fake.put({ type: "AAAA", values: ["2600::1"] });
    expect(await provider.read(patient)).toEqual({ addresses: [], ttl: undefined });
    fake.put({ values: ["1.0.0.1", "1.0.0.2"] });
    expect(await provider.read(patient)).toEqual({ addresses: ["1.0.0.1", "1.0.0.2"], ttl: 600 });
    const ipv6 = at(fake, { family: 6, hostname: "GW.example.net" });
    expect(await ipv6.read(patient)).toMatchObject({ addresses: ["2600::1"] });
  });

  test("are all replaced by one batch, whatever their form there", async () => {
    const { fake, provider } = open({ family: 6 });
    fake.put({ type: "AAAA", ttl: 300, values: ["2600:0:0::00A1", "2600::2"] });
    const { addresses } = await provider.read(patient);
    await provider.replace({ addresses: ["2600::8"], ttl: 0 }, addresses, patient);
    expect(fake.sets).toMatchObject([{ type: "AAAA", ttl: 0, values: ["2600::8"] }]);
    expect(fake.callsOf("POST")).toHaveLength(1);
    expect(fake.moments).toHaveLength(3);
  });

  test("of which none should be left are deleted", async () => {
    const { fake, provider } = open();
    fake.put({ values: ["1.0.0.1"] });
    await provider.replace({ addresses: [], ttl: 600 }, ["1.0.0.1"], patient);
    await provider.replace({ addresses: [], ttl: 600 }, [], patient);
    expect(fake.sets).toEqual([]);
  });

  test("that others have written since a change are not replaced by what was expected before it", async () => {
    const { fake, provider } = open();
    await provider.read(patient);
    await provider.replace(set, [], patient);
    fake.put({ values: ["9.0.0.9"] });
    const failure = await failureOf(provider.replace({ addresses: ["8.0.0.7"], ttl: 600 }, set.addresses, patient));
    expect(failure.kind).toBe("passing");
    expect(fake.sets).toMatchObject([{ values: ["9.0.0.9"] }]);
  });

  test.each([
    ["another address", ["9.0.0.9"], 600],
    ["another time to live", ["1.0.0.1"], 900],
    ["nothing", [], 600],
  ])("that another router has replaced by %s stay, and a new read helps", async (_, values, ttl) => {
    const { fake, provider } = open();
    fake.put({ values: ["1.0.0.1"] });
    await provider.read(patient);
    fake.put({ values, ttl });
    const before = fake.sets;
    const failure = await failureOf(provider.replace(set, ["1.0.0.1"], patient));
    expect(failure).toMatchObject({ kind: "passing", detail: expect.stringContaining("something else has changed") });
    expect(fake.sets).toEqual(before);
    await provider.replace(set, (await provider.read(patient)).addresses, patient);
    expect(fake.sets).toMatchObject([{ values: ["8.0.0.8"] }]);
  });

  test("of two routers at the same moment: one of them writes", async () => {
    const { fake, provider } = open();
    const other = at(fake);
    await Promise.all([provider.read(patient), other.read(patient)]);
    const writes = [provider, other].map((one) => one.replace(set, [], patient));
    expect((await Promise.allSettled(writes)).map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("beside an alias (CNAME) are declined, in the words of Route 53", async () => {
    const { fake, provider } = open();
    fake.put({ type: "CNAME", values: ["example.org."] });
    const failure = await failureOf(provider.replace(set, [], patient));
    expect(failure).toMatchObject({ kind: "refused", detail: expect.stringContaining("not permitted") });
  });

  test.each([
    ["a routing policy", { values: ["1.0.0.1"], identifier: "one" }],
    ["an alias record", { values: [], target: "elb.example.net." }],
  ])("with %s are left alone: access, and named", async (what, there) => {
    const { fake, provider } = open();
    fake.put(there);
    const failure = await failureOf(provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", detail: expect.stringContaining(what) });
  });
});

describe("the zone", () => {
  test("is the longest public one that holds the name, and looked for once", async () => {
    const { fake, provider } = open({ hostname: "gw.vpn.example.net" });
    await provider.replace(set, [], patient);
    await provider.read(patient);
    expect(fake.sets).toMatchObject([{ zone: "Z2VPN", name: "gw.vpn.example.net." }]);
    expect(fake.calls.filter(({ path }) => path.includes("hostedzonesbyname"))).toHaveLength(2);
  });

  test("whose id is given is not looked for, so the key needs no permission for that", async () => {
    const { fake, provider } = open({ zone: "Z1EXAMPLENET" });
    fake.permissions = ["ListResourceRecordSets", "ChangeResourceRecordSets"];
    await provider.replace(set, [], patient);
    expect(fake.sets).toMatchObject([{ zone: "Z1EXAMPLENET", name: "gw.example.net." }]);
  });

  test("that is there twice: access, and the remedy is its id", async () => {
    const { fake, provider } = open();
    fake.zones = [...fake.zones, { id: "ZTWIN", name: "example.net.", isPrivate: false }];
    const failure = await failureOf(provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-zone") });
  });

  test("that the account does not have: access", async () => {
    const failure = await failureOf(open({ hostname: "gw.example.org" }).provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-hostname") });
  });
});

describe("access", () => {
  test.each(PERMISSIONS)("without the permission %s: the remedy names it", async (permission) => {
    const { fake, provider } = open();
    fake.permissions = PERMISSIONS.filter((one) => one !== permission);
    const failure = await failureOf(provider.read(patient).then(() => provider.replace(set, [], patient)));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining(`route53:${permission}`) });
  });

  test("with another id of the key: the remedy names both options", async () => {
    const failure = await failureOf(open({ username: "AKIAOTHER" }).provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringMatching(/-ddns-username.*-ddns-password/) });
  });

  test("by a clock that is wrong: the remedy names it", async () => {
    const { fake, provider } = open();
    fake.skewMs = 600_000;
    const failure = await failureOf(provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("clock") });
  });

  test("shows the secret nowhere, and sends it nowhere", async () => {
    const { fake, provider } = open();
    fake.fail("GET", decline(400, `bad ${fake.secret}`));
    expect(textOf(await failureOf(provider.read(patient)))).not.toContain(fake.secret);
    await provider.replace(set, [], patient);
    for (const { path, body, headers } of fake.calls) {
      expect(path + body + JSON.stringify([...headers])).not.toContain(fake.secret);
    }
  });

  test("is by a signature that is right as it arrives over HTTP", async () => {
    const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const judged: unknown[] = [];
    using server = Bun.serve({
      ...{ hostname: "127.0.0.1", port: 0 },
      async fetch(request) {
        const { method, url, headers } = request;
        const body = await request.text();
        judged.push(judgeSignature({ method, url: new URL(url), headers, body }, secret)?.isRight);
        return new Response("<ResourceRecordSets></ResourceRecordSets>");
      },
    });
    const apiUrl = `http://127.0.0.1:${server.port}`;
    const provider = createRoute53({
      ...{ hostname: "gw.example.net", username: "AKIA", password: secret, timeout: 10_000, zone: "Z1", apiUrl },
      ...{ send: createSend(), signAws },
    });
    expect(await provider.read(patient)).toEqual({ addresses: [], ttl: undefined });
    await provider.replace(set, [], patient);
    expect(judged).toEqual([true, true]);
  });
});
