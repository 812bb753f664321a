import { afterEach, describe, expect, spyOn, test } from "bun:test";
import dns from "node:dns/promises";

import { createFetchByAddress } from "../../src/fetch/by-address.ts";
import { fetchFailure } from "../../src/fetch/failure.ts";

const lookup = spyOn(dns, "lookup");
afterEach(() => lookup.mockReset());

/** What the resolver answers: IPv4 addresses, or the code of an error. */
function resolvesTo(...answers: readonly (readonly string[] | string)[]): void {
  for (const answer of answers) {
    if (typeof answer === "string") lookup.mockRejectedValueOnce(Object.assign(new Error(answer), { code: answer }));
    else lookup.mockResolvedValueOnce(answer.map((address) => ({ address, family: 4 })) as never);
  }
}

interface Server extends Disposable {
  readonly port: number;
  readonly hosts: string[];
  readonly requests: string[];
}

function serve(hostname: string): Server {
  const hosts: string[] = [];
  const requests: string[] = [];
  const server = Bun.serve({
    hostname,
    port: 0,
    fetch(request) {
      hosts.push(request.headers.get("host") ?? "");
      requests.push(`${request.method} ${new URL(request.url).pathname} ${request.headers.get("x-a")}`);
      return new Response(request.body ?? hostname);
    },
  });
  return { port: server.port!, hosts, requests, [Symbol.dispose]: () => void server.stop(true) };
}

const request = (init: object = {}) => ({ signal: AbortSignal.timeout(5000), ...init });
const failureOf = async (response: Promise<Response>) =>
  response.then(
    () => ({ code: "none", detail: "" }),
    (error: unknown) => fetchFailure(error, 5000),
  );

describe("a request over IPv6 alone", () => {
  const fetchByIpv6 = createFetchByAddress(false, 6);

  test("goes to the IPv6 address of a name, with the name as host", async () => {
    using server = serve("::1");
    resolvesTo(["::1"]);
    const response = await fetchByIpv6(`http://api.invalid:${server.port}/`, request());
    expect(await response.text()).toBe("::1");
    expect(server.hosts).toEqual([`api.invalid:${server.port}`]);
    expect(lookup as unknown).toHaveBeenCalledWith("api.invalid", { family: 6, all: true });
  });

  test("goes to an IPv6 address", async () => {
    using server = serve("::1");
    expect(await (await fetchByIpv6(`http://[::1]:${server.port}/`, request())).text()).toBe("::1");
  });

  test("never goes to one of IPv4", async () => {
    using server = serve("127.0.0.1");
    const failure = { code: "unresolved", detail: "the host has no IPv6 address" };
    expect(await failureOf(fetchByIpv6(`http://127.0.0.1:${server.port}/`, request()))).toEqual(failure);
    resolvesTo("ENOTFOUND");
    expect(await failureOf(fetchByIpv6(`http://localhost:${server.port}/`, request()))).toEqual(failure);
    resolvesTo(["::1"]);
    expect(await failureOf(fetchByIpv6(`http://localhost:${server.port}/`, request()))).toMatchObject({
      code: "refused",
    });
    expect(server.requests).toEqual([]);
  });
});

describe("a request to a name", () => {
  test("goes to its IPv4 address, with the name as host, and its method, body and headers", async () => {
    using server = serve("127.0.0.1");
    resolvesTo(["127.0.0.1"]);
    const fetchByAddress = createFetchByAddress(false);
    const init = request({ method: "POST", body: "text", headers: { "x-a": "b" } });
    const response = await fetchByAddress(`http://api.invalid:${server.port}/path?x=1`, init);
    expect(await response.text()).toBe("text");
    expect(server.hosts).toEqual([`api.invalid:${server.port}`]);
    expect(server.requests).toEqual(["POST /path b"]);
  });

  test.each([
    ["an error", "ENOTFOUND"],
    ["no address", []],
  ] as const)("without an IPv4 address (%s) is left to the system", async (_, answer) => {
    using server = serve("127.0.0.1");
    resolvesTo(answer);
    const response = await createFetchByAddress(false)(`http://localhost:${server.port}/`, request());
    expect(await response.text()).toBe("127.0.0.1");
  });

  test("of which the first address does not connect is left to the system, which tries all", async () => {
    using server = serve("127.0.0.1");
    resolvesTo(["127.0.0.99"]);
    const init = request({ method: "POST", body: "text" });
    const response = await createFetchByAddress(false)(`http://localhost:${server.port}/`, init);
    expect(await response.text()).toBe("text");
    expect(server.hosts).toEqual([`localhost:${server.port}`]);
  });

  test("that fails has another address the next time", async () => {
    const silent = Bun.listen({ hostname: "127.0.0.98", port: 0, socket: { data() {} } });
    const server = Bun.serve({ hostname: "127.0.0.97", port: silent.port, fetch: () => new Response("ok") });
    resolvesTo(["127.0.0.98", "127.0.0.97"], ["127.0.0.98", "127.0.0.97"]);
    const fetchByAddress = createFetchByAddress(false);
    const url = `http://api.invalid:${silent.port}/`;
    expect((await failureOf(fetchByAddress(url, { signal: AbortSignal.timeout(100) }))).code).toBe("timeout");
    expect((await fetchByAddress(url, request())).status).toBe(200);
    silent.stop(true);
    await server.stop(true);
  });

  test("is not sent twice where the connection breaks later", async () => {
    let requests = 0;
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket) {
          requests += 1;
          socket.terminate();
        },
      },
    });
    resolvesTo(["127.0.0.1"]);
    const init = request({ method: "POST", body: "text" });
    const failure = await failureOf(createFetchByAddress(false)(`http://localhost:${server.port}/`, init));
    server.stop(true);
    expect([failure.code, requests]).toEqual(["reset", 1]);
  });

  test("that no name server answers says so", async () => {
    resolvesTo("EAI_AGAIN");
    expect(await failureOf(createFetchByAddress(false)("http://api.invalid/", request()))).toEqual({
      code: "unresolved",
      detail: "no name server answers for the host name (EAI_AGAIN)",
    });
  });

  test("ends with its signal while the resolver is silent", async () => {
    lookup.mockReturnValueOnce(new Promise(() => {}) as never);
    const response = createFetchByAddress(false)("http://api.invalid/", { signal: AbortSignal.timeout(50) });
    expect((await failureOf(response)).code).toBe("timeout");
    const aborted = createFetchByAddress(false)("http://api.invalid/", { signal: AbortSignal.abort() });
    expect((await failureOf(aborted)).detail).toContain("aborted");
  });
});

test("a request to an address asks no resolver", async () => {
  using server = serve("127.0.0.1");
  await createFetchByAddress(false)(`http://127.0.0.1:${server.port}/`, request());
  expect(lookup).not.toHaveBeenCalled();
});

describe("a proxy of the environment", () => {
  const withProxy = async <T>(value: string, run: () => Promise<T>): Promise<T> => {
    const before = { http_proxy: process.env["http_proxy"], no_proxy: process.env["no_proxy"] };
    Object.assign(process.env, { http_proxy: value, no_proxy: "other.invalid" });
    try {
      return await run();
    } finally {
      for (const [name, old] of Object.entries(before)) {
        if (old === undefined) delete process.env[name];
        else process.env[name] = old;
      }
    }
  };

  test("is used, and is named without its credentials in the failure that it causes", async () => {
    const proxy = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: (socket) => socket.terminate() } });
    const url = `http://user:secret@127.0.0.1:${proxy.port}`;
    const failure = await withProxy(url, () => failureOf(createFetchByAddress(true)("http://api.invalid/", request())));
    proxy.stop(true);
    expect(failure).toEqual({
      code: "reset",
      detail: `connection reset or closed, through the proxy of http_proxy (http://127.0.0.1:${proxy.port})`,
      proxy: `http_proxy (http://127.0.0.1:${proxy.port})`,
    });
    expect(lookup).not.toHaveBeenCalled();
  });

  test("is not used where that is not wanted", async () => {
    using server = serve("127.0.0.1");
    const url = `http://127.0.0.1:${server.port}/`;
    const response = await withProxy("http://127.0.0.1:1", () => createFetchByAddress(false)(url, request()));
    expect(response.status).toBe(200);
  });
});
