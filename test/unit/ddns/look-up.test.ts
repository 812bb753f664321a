import { afterEach, describe, expect, spyOn, test } from "bun:test";

import { createLookUp } from "../../../src/ddns/look-up.ts";
import type { LookUpSettings } from "../../../src/ddns/settings.ts";

const KEY = "hunter2";
const SETTINGS: LookUpSettings = {
  timeout: 1000,
  publicIpServiceHostname: undefined,
  publicIpServiceScheme: "http",
  publicIpServicePort: 8000,
  publicIpServicePath: "/ip",
  publicIpServiceUsername: undefined,
  publicIpServicePassword: undefined,
  publicIpServiceApiKey: KEY,
  publicIpAllowPrivate: false,
};

let restore = (): void => {};
afterEach(() => restore());

/** Looks up one gateway's address at a service that answers like this. */
function lookUpAt(answer: () => Promise<Response>, more: Partial<LookUpSettings> = {}) {
  const spy = spyOn(globalThis, "fetch").mockImplementation(Object.assign(answer, { preconnect: () => {} }));
  restore = () => spy.mockRestore();
  return createLookUp({ ...SETTINGS, ...more })("10.0.0.1");
}

test("an address is a success, with the time that it took", async () => {
  const result = await lookUpAt(async () => new Response("1.2.3.4\n"));
  expect(result).toEqual({ kind: "success", address: "1.2.3.4", seconds: expect.any(Number) });
});

test.each([
  [401, "unauthorized", /-public-ip-service-api-key/],
  [403, "unauthorized", /-public-ip-service-api-key/],
  [302, "redirect", /-scheme, -public-ip-service-hostname, -public-ip-service-port and -public-ip-service-path to/],
  [404, "not-found", undefined],
  [503, "status", undefined],
] as const)("status %d fails with the code %s", async (status, code, remedy) => {
  const result = await lookUpAt(async () => new Response("1.2.3.4", { status }));
  expect(result).toMatchObject({ kind: "failure", code, detail: expect.stringContaining(`status ${status}`) });
  const found = "remedy" in result ? result.remedy : undefined;
  if (remedy === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(remedy);
});

test.each([200, 201, 203, 299])("status %d with an address is a success", async (status) => {
  expect(await lookUpAt(async () => new Response("1.2.3.4", { status }))).toMatchObject({ address: "1.2.3.4" });
});

describe("a redirect", () => {
  const to = (location: string) => lookUpAt(async () => new Response("", { status: 302, headers: { location } }));

  test("to another path of the same host asks for that path", async () => {
    expect(await to("/v2/ip?id=1")).toMatchObject({
      detail: "status 302 to /v2/ip?...: redirects are not followed",
      remedy: "set -public-ip-service-path to the target of the redirect",
    });
  });

  test("to another host asks for all that makes the URL", async () => {
    expect(await to("https://else.invalid/ip")).toMatchObject({
      detail: "status 302 to https://else.invalid/ip: redirects are not followed",
      remedy: expect.stringContaining("-public-ip-service-hostname"),
    });
  });

  test("shows no secret that the server echoes", async () => {
    const { detail } = (await to(`/${SETTINGS.publicIpServiceApiKey}/ip`)) as { detail: string };
    expect(detail).toBe("status 302 to /(hidden)/ip: redirects are not followed");
  });
});

describe("status 401", () => {
  const at = (more: Partial<LookUpSettings>) => lookUpAt(async () => new Response("", { status: 401 }), more);

  test("without credentials says that the service requires some", async () => {
    expect(await at({ publicIpServiceApiKey: undefined })).toMatchObject({
      detail: "status 401: the service requires credentials",
      remedy: "set -public-ip-service-username and -public-ip-service-password, or -public-ip-service-api-key",
    });
  });

  test("with a key says that it is declined, or that its role lacks this path", async () => {
    expect(await at({})).toMatchObject({
      detail: "status 401: the service declines the credentials",
      remedy: "check -public-ip-service-api-key; Gluetun: the role of this key must have the route GET /ip",
    });
  });

  test("with a user says that the user is declined", async () => {
    const user = { publicIpServiceUsername: "u", publicIpServicePassword: "p", publicIpServiceApiKey: undefined };
    expect(await at(user)).toMatchObject({
      detail: "status 401: the service declines the credentials",
      remedy:
        "check -public-ip-service-username and -public-ip-service-password; Gluetun: the role of this user must have the route GET /ip",
    });
  });
});

test.each([429, 503, 401])("status %d with Retry-After has the wait that is asked for", async (status) => {
  const result = await lookUpAt(async () => new Response("", { status, headers: { "retry-after": "120" } }));
  expect(result).toMatchObject({ kind: "failure", retryAfterMs: 120_000 });
});

test("an answer that is too long fails with a code of its own", async () => {
  const result = await lookUpAt(async () => new Response(" ".repeat(100_000)));
  expect(result).toMatchObject({ kind: "failure", code: "too-long" });
});

test("a request without an answer fails with the code of the network, and its detail holds no key", async () => {
  const error = Object.assign(new TypeError(`Header 'x-api-key' has invalid value: '${KEY}'`), { code: "" });
  const result = await lookUpAt(async () => Promise.reject(error));
  expect(result).toMatchObject({ kind: "failure", code: "other", detail: expect.stringContaining("invalid value") });
  expect(JSON.stringify(result)).not.toContain(KEY);
});
