import { describe, expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import { type Call, FakeDynu, type Fault } from "../fakes/dynu.ts";
import { dynu, failureOf, patient, textOf } from "./ddns-provider.fixture.ts";

const listening = (options?: ConstructorParameters<typeof FakeDynu>[0]) => {
  const fake = new FakeDynu(options);
  return { fake, provider: dynu(fake, { send: createSend(fake.fetch) }) };
};

describe("requests", () => {
  test("go to Dynu over HTTPS, with the key in a header and nowhere else", async () => {
    const fake = new FakeDynu();
    fake.put({ content: "1.0.0.1" });
    const urls: string[] = [];
    const spy = ((input: string | URL | Request, init?: RequestInit) => {
      urls.push(input instanceof Request ? input.url : String(input));
      return fake.fetch(input, init);
    }) as typeof fetch;
    const provider = dynu(fake, { send: createSend(spy) });
    const [record] = await provider.list(patient);
    await provider.change(record!, { address: "1.0.0.2", ttl: 60 }, patient);
    await provider.remove(await provider.add({ address: "1.0.0.3", ttl: 60 }, patient), patient);
    expect(urls).toHaveLength(6);
    for (const url of urls) expect(url).toStartWith("https://api.dynu.com/v2/dns");
    for (const { path, body } of fake.requests) expect(`${path} ${body}`).not.toContain(fake.key);
  });

  test("that fail show no key, even if the error of the transport does", async () => {
    const fake = new FakeDynu();
    const failing = (async () => {
      throw new TypeError(`Header 'api-key' has invalid value: '${fake.key}'`);
    }) as unknown as typeof fetch;
    const error = await failureOf(dynu(fake, { send: createSend(failing) }).list(patient));
    expect(error.kind).toBe("passing");
    expect(textOf(error)).not.toContain(fake.key);
  });

  test("name the program", async () => {
    const { fake, provider } = listening();
    await provider.list(patient);
    for (const { headers } of fake.requests) expect(headers.get("user-agent")).toMatch(/^gateway-route-manager\/\S+$/);
  });

  test.each([
    ["passing", { statusCode: 404, type: "Request Exception", message: "Domain does not exist." }],
    ["access", { statusCode: 401, type: "Authentication Exception", message: "Wrong key." }],
  ] as const)("ask for the zone once, and again after an error (%s)", async (kind, error) => {
    const { fake, provider } = listening();
    await provider.list(patient);
    await provider.list(patient);
    fake.fail({ kind: "body", ...error });
    expect((await failureOf(provider.list(patient))).kind).toBe(kind); // the domain may have moved
    await provider.list(patient);
    const calls = fake.requests.map(({ call }) => call);
    expect(calls).toEqual(["getroot", "domains", "list", "list", "list", "getroot", "domains", "list"]);
  });
});

describe("the name", () => {
  test("of a whole domain is an error, and no record changes", async () => {
    const { fake, provider } = listening({ node: "" });
    fake.put({ content: "1.0.0.1" });
    for (const operation of [provider.list(patient), provider.add({ address: "1.0.0.2", ttl: 60 }, patient)]) {
      expect(await failureOf(operation)).toMatchObject({
        kind: "access",
        detail: expect.stringContaining("example.net is a whole domain"),
        remedy: expect.stringContaining("gateways.example.net"),
      });
    }
    expect(fake.requests.filter(({ method }) => method !== "GET")).toEqual([]);
    expect(fake.addresses()).toEqual(["1.0.0.1"]);
  });

  test.each(["gw.example.org", "gwexample.net", "net"])(
    "%s, which the account does not hold: access",
    async (hostname) => {
      const fake = new FakeDynu();
      const provider = dynu(fake, { hostname, send: createSend(fake.fetch) });
      expect(await failureOf(provider.list(patient))).toMatchObject({
        kind: "access",
        detail: expect.stringContaining(hostname),
        remedy: "check -ddns-hostname and -ddns-api-url",
      });
    },
  );

  test("with a wrong key: access, and the remedy names the key", async () => {
    const fake = new FakeDynu();
    const failure = await failureOf(dynu(fake, { password: "wrong", send: createSend(fake.fetch) }).list(patient));
    const remedy = "check -ddns-password and -ddns-api-url";
    expect(failure).toMatchObject({ kind: "access", code: undefined, remedy });
    expect(failure.detail).not.toContain("-ddns-");
  });

  // Other clients expect this answer for a name that the account does not hold.
  test("that is an invalid argument: access", async () => {
    const { fake, provider } = listening();
    fake.fail({ kind: "body", status: 501, statusCode: 501, type: "Argument Exception", message: "Invalid." });
    const { kind, message } = await failureOf(provider.list(patient));
    expect([kind, message]).toEqual(["access", expect.stringContaining(fake.hostname)]);
  });

  test("may be deep inside the domain", async () => {
    const { fake, provider } = listening({ node: "a.b-c.d" });
    const added = await provider.add({ address: "1.0.0.1", ttl: 60 }, patient);
    expect(fake.addresses()).toEqual(["1.0.0.1"]);
    expect(await provider.list(patient)).toEqual([added]);
  });
});

describe("a name in one of two domains of the account, where one holds the other", () => {
  test("belongs to the longer one, though getroot answers with its parent", async () => {
    const { fake, provider } = listening({ domain: "vpn.example.net" });
    fake.quirks.parent = "example.net";
    const there = fake.put({ content: "1.0.0.1" });
    expect(await provider.list(patient)).toMatchObject([{ id: String(there.id), address: "1.0.0.1" }]);
    await provider.add({ address: "1.0.0.2", ttl: 60 }, patient);
    expect(fake.addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
  });

  test("your-hostname.dynu.net of the documentation is an error that says what Dynu needs, which then works", async () => {
    const domain = "your-hostname.dynu.net";
    const failure = await failureOf(listening({ domain, node: "" }).provider.list(patient));
    expect(failure).toMatchObject({
      detail: expect.stringContaining("only a name inside it can have those of several gateways"),
      remedy: "use a name inside it, such as gateways.your-hostname.dynu.net",
    });
    const { fake, provider } = listening({ domain, node: "gateways" });
    for (const address of ["1.0.0.1", "1.0.0.2"]) await provider.add({ address, ttl: 60 }, patient);
    expect(fake.addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
  });

  test("is a whole domain where the longer one is the name itself", async () => {
    const { fake, provider } = listening({ domain: "gw.example.net", node: "" });
    fake.quirks.parent = "example.net";
    expect(await failureOf(provider.list(patient))).toMatchObject({
      kind: "access",
      detail: expect.stringContaining("gw.example.net is a whole domain"),
    });
  });

  test.each([
    ["is unknown to this account", { kind: "body", statusCode: 404, type: "Request Exception", message: "No." }],
    ["is declined", { kind: "body", statusCode: 501, type: "Argument Exception", message: "No." }],
    ["lists no domains", { kind: "garbage", body: '{"statusCode":200}' }],
    [
      "lists one whose name only ends the same",
      { kind: "garbage", body: '{"statusCode":200,"domains":[{"id":3,"name":"w.example.net"}]}' },
    ],
    ["lists no such domain", { kind: "garbage", body: '{"statusCode":200,"domains":[{"id":3,"name":"example.org"}]}' }],
    [
      "lists nonsense",
      { kind: "garbage", body: '{"statusCode":200,"domains":[null,{"name":5},{"id":"x","name":"gw.example.net"}]}' },
    ],
  ] as const)("is where getroot says, if the list of domains %s", async (_, fault) => {
    const { fake, provider } = listening();
    fake.put({ content: "1.0.0.1" });
    fake.fail(fault, { call: "domains" });
    expect(await provider.list(patient)).toHaveLength(1);
  });

  test("is not looked for in the wrong domain because the list of domains fails", async () => {
    const { fake, provider } = listening({ domain: "vpn.example.net" });
    fake.quirks.parent = "example.net";
    for (const [status, kind] of [
      [500, "passing"],
      [401, "access"],
    ] as const) {
      fake.fail({ kind: "http", status }, { call: "domains" });
      expect((await failureOf(provider.list(patient))).kind).toBe(kind);
    }
    expect(fake.requests.map(({ call }) => call)).toEqual(["getroot", "domains", "getroot", "domains"]);
  });
});

describe("a page in place of the zone", () => {
  const page = (status: number): Fault => ({ kind: "http", status, body: "<!doctype html><title>Oh</title>" });

  test("HTTP 404: the remedy names the URL", async () => {
    const { fake, provider } = listening();
    fake.fail(page(404));
    const { kind, message } = await failureOf(provider.list(patient));
    expect(kind).toBe("passing");
    expect(message).toContain("404");
    expect(message).toContain("-ddns-api-url");
    expect(message).toContain(fake.hostname);
    expect(message).not.toContain("<");
  });

  test("HTTP 407 of a proxy: the message has the status", async () => {
    const { fake, provider } = listening();
    fake.fail(page(407));
    const { kind, message } = await failureOf(provider.list(patient));
    expect([kind, message]).toEqual(["passing", expect.stringContaining("407")]);
  });

  test("HTTP 200, as that of a captive portal: the message quotes the page", async () => {
    const { fake, provider } = listening();
    fake.fail(page(200));
    const { kind, message } = await failureOf(provider.list(patient));
    expect([kind, message]).toEqual(["passing", expect.stringContaining("<!doctype html>")]);
  });
});

test.each<[Call, object[]]>([
  [
    "getroot",
    [{}, { id: 7 }, { node: "gw" }, { id: "7x", node: "gw" }, { id: 0.5, node: "gw" }, { id: 7, node: null }],
  ],
  ["list", [{}, { dnsRecords: null }, { dnsRecords: {} }]],
  ["add", [{}, { id: null }, { id: "7x" }, { id: "" }, { id: 0.5 }, { id: -7 }]],
])("a good answer of %s that lacks what it has to hold: passing", async (call, answers) => {
  for (const fields of answers) {
    const { fake, provider } = listening();
    fake.fail({ kind: "garbage", body: JSON.stringify({ statusCode: 200, ...fields }) }, { call });
    const operation = call === "add" ? provider.add({ address: "1.0.0.1", ttl: 60 }, patient) : provider.list(patient);
    expect((await failureOf(operation)).kind).toBe("passing");
    expect(fake.requests.at(-1)?.call).toBe(call);
  }
});

test("ids may be texts", async () => {
  const { fake, provider } = listening();
  fake.quirks.idsAsText = true;
  const first = await provider.add({ address: "1.0.0.1", ttl: 60 }, patient);
  expect(await provider.list(patient)).toEqual([first]);
  await provider.change(first, { address: "1.0.0.2", ttl: 60 }, patient);
  expect(fake.addresses()).toEqual(["1.0.0.2"]);
  await provider.remove(first, patient);
  expect(fake.records()).toEqual([]);
});

test("a page with HTTP 404 is no proof that a record is gone", async () => {
  const { fake, provider } = listening();
  const record = fake.put({ content: "1.0.0.1" });
  fake.fail({ kind: "http", status: 404 }, { call: "remove" });
  const removal = provider.remove({ id: String(record.id), address: "1.0.0.1", ttl: 60, enabled: true }, patient);
  expect((await failureOf(removal)).kind).toBe("passing");
  fake.fail({ kind: "http", status: 404 }, { call: "change" });
  const there = { id: String(record.id), address: "1.0.0.1", ttl: 60, enabled: true };
  const change = provider.change(there, { address: "1.0.0.2", ttl: 60 }, patient);
  expect(await failureOf(change)).toMatchObject({ kind: "passing", gone: false });
});
