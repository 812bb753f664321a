import { describe, expect, test } from "bun:test";

import type { Handler } from "../../../src/http/handler.ts";
import { createRouter, type ServerOptions } from "../../../src/http/server.ts";
import type { PoolReadiness } from "../../../src/status/readiness.ts";

const OK = { ok: true, why: "the kernel holds what it should" };

function pool(name: string | undefined, usable: number, standing = OK): PoolReadiness {
  return { name, standing, use: { name, gateways: 3, usable } };
}

interface SetUp extends Partial<ServerOptions> {
  readonly allowed?: readonly string[];
}

/** A router, and the rejections that it reports. */
function setUp({ allowed = [], ...options }: SetUp = {}) {
  const rejections: unknown[] = [];
  const router = createRouter({
    ...{ address: "all", port: 9090, limits: { total: 8, perAddress: 4, followers: 2 } },
    registry: { metrics: async () => "some_metric 1\n", contentType: "text/plain; version=0.0.4" as never },
    health: () => ({ ok: true, why: "probes are running" }),
    pools: () => [pool(undefined, 2)],
    routes: { "/": () => new Response("page"), "/api/v1/status": () => new Response("{}") },
    password: undefined,
    hosts: { allowed, onRejected: (host, from) => void rejections.push(["host", from, host]) },
    rejections: { add: (...rejection) => void rejections.push(rejection) },
    ...options,
  });
  return { router, rejections };
}

async function ask(router: Handler, path: string, headers: Record<string, string> = {}, method = "GET") {
  const request = { method, url: `http://localhost${path}`, headers: new Headers({ host: "router", ...headers }) };
  const response = await router({ ...request, from: "192.0.2.1" });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

describe("a request", () => {
  test.each([
    ["/metrics", "some_metric 1\n"],
    ["/metrics?x=1", "some_metric 1\n"],
    ["/healthz", "ok: probes are running\n"],
    ["/readyz", "ok: the kernel holds what it should\n"],
    ["/", "page"],
    ["/api/v1/status", "{}"],
  ])("for %s is answered", async (path, body) => {
    expect(await ask(setUp().router, path)).toMatchObject({ status: 200, body });
  });

  test.each(["/healthz", "/readyz", "/nothing"])(
    "for %s gets text of a known type that is not stored",
    async (path) => {
      const { headers } = await ask(setUp().router, path);
      expect(Object.fromEntries(headers)).toEqual({
        "content-type": "text/plain;charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
    },
  );

  test.each(["/metrics", "/readyz", "/healthz", "/nothing"])(
    "that would change %s is answered with 405",
    async (path) => {
      const { status, headers } = await ask(setUp().router, path, {}, "POST");
      expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    },
  );
});

describe("without a password, the name of the host", () => {
  test.each(["/metrics", "/readyz", "/readyz?usable", "/nothing", "/constructor"])("is judged for %s", async (path) => {
    const { router, rejections } = setUp();
    const { status, body } = await ask(router, path, { host: "Router.Example.com.:9090" });
    expect(status).toBe(403);
    expect(body).toContain('host "Router.Example.com.:9090" is a public name');
    expect(body).toContain("set -allowed-host router.example.com where it is a name of this router");
    expect(rejections).toEqual([["host", "192.0.2.1", "router.example.com"]]);
  });

  test("is not judged for /healthz, which health checks request under any name", async () => {
    expect((await ask(setUp().router, "/healthz", { host: "router.example.com" })).status).toBe(200);
  });

  test.each(["192.168.1.9:9090", "[fd00::1]:9090", "localhost:9090", "router", "router.lan", "10.0.0.1"])(
    "may be %s for Prometheus and health checks",
    async (host) => {
      expect((await ask(setUp().router, "/metrics", { host })).status).toBe(200);
    },
  );

  test("may be one that is allowed, in any letters and with any port, and no other one", async () => {
    const { router } = setUp({ allowed: ["router.example.com"] });
    const statusOf = async (host: string): Promise<number> => (await ask(router, "/metrics", { host })).status;
    expect(await statusOf("router.example.com")).toBe(200);
    expect(await statusOf("ROUTER.example.com.:443")).toBe(200);
    for (const host of ["example.com", "x.router.example.com", "router.example.com.evil.net"])
      expect(await statusOf(host)).toBe(403);
  });

  test("names no option by what can be no name", async () => {
    const { body } = await ask(setUp().router, "/metrics", { host: "evil.com;x" });
    expect(body).toContain("name it by -allowed-host");
  });
});

test("with a password, wrong ones are reported with their address, and hosts are not judged", async () => {
  const { router, rejections } = setUp({ password: "secret" });
  expect((await ask(router, "/metrics")).status).toBe(401);
  expect(rejections).toEqual([]);
  expect((await ask(router, "/metrics", { authorization: "Bearer wrong" })).status).toBe(401);
  expect(rejections).toEqual([["password", "192.0.2.1"]]);
  const right = { host: "router.example.com", authorization: "Bearer secret" };
  for (const path of ["/metrics", "/readyz", "/"]) expect((await ask(router, path, right)).status).toBe(200);
  expect((await ask(router, "/nothing", { host: "router.example.com" })).status).toBe(401);
  expect((await ask(router, "/healthz", { host: "router.example.com" })).status).toBe(200);
});

describe("/readyz", () => {
  const TROUBLE = { ok: false, why: "ip hangs" };
  const several = () => [pool("vpn", 2), pool("lte", 0), pool("dsl", 3, TROUBLE)];

  test.each([
    ["", [pool(undefined, 0)], 200, "ok: the kernel holds what it should"],
    ["?usable", [pool(undefined, 0)], 503, "not ok: no gateway is usable"],
    ["?usable", [pool(undefined, 1)], 200, "ok: 1 of 3 gateways is usable"],
    ["?usable=", [pool(undefined, 2)], 200, "ok: 2 of 3 gateways are usable"],
    ["?usable", [pool(undefined, 2, TROUBLE)], 503, "not ok: ip hangs"],
    ["", several(), 503, "not ok: pool dsl: ip hangs"],
    ["?pool=vpn", several(), 200, "ok: the kernel holds what it should"],
    ["?usable&pool=vpn", several(), 200, "ok: pool vpn: 2 of 3 gateways are usable"],
    ["?pool=lte&usable", several(), 503, "not ok: pool lte: no gateway is usable"],
    ["?usable&pool=dsl", several(), 503, "not ok: pool dsl: ip hangs"],
    ["?usable&pool=vpn&pool=lte", several(), 503, "not ok: pool lte: no gateway is usable"],
    ["?usable", several().slice(0, 2), 503, "not ok: pool lte: no gateway is usable"],
    ["?usable&pool=no", several(), 404, 'no pool has the name "no"; name vpn, lte, dsl'],
    ["?pool=vpn", [pool(undefined, 1)], 404, 'no pool has the name "vpn"; the only pool has no name: leave pool= out'],
  ])("%s of %j answers %p: %s", async (query, pools, status, body) => {
    const { router } = setUp({ pools: () => pools });
    expect(await ask(router, `/readyz${query}`)).toMatchObject({ status, body: `${body}\n` });
  });
});

describe("at a path where nothing is", () => {
  test("the answer names what there is, as text", async () => {
    const { status, body } = await ask(setUp().router, "/health");
    expect([status, body]).toEqual([404, "not found; try /, /api/v1/status, /metrics, /healthz, /readyz or /usable\n"]);
  });

  test("the answer names what there is, as JSON for clients that accept it", async () => {
    const { status, body, headers } = await ask(setUp().router, "/api/v2", { accept: "application/json, */*" });
    expect([status, headers.get("content-type")]).toEqual([404, "application/json;charset=utf-8"]);
    expect(JSON.parse(body)).toEqual({
      error: "not found",
      paths: ["/", "/api/v1/status", "/metrics", "/healthz", "/readyz", "/usable"],
    });
  });
});

describe("/usable", () => {
  const [vpn, lte] = [pool("vpn", 2, { ok: false, why: "ip hangs" }), pool("lte", 0)];
  test.each([
    [[pool(undefined, 2)], "", 200, "ok: 2 of 3 gateways are usable"],
    [[vpn, lte], "", 503, "not ok: pool lte: no gateway is usable"],
    [[vpn, lte], "?pool=vpn", 200, "ok: pool vpn: 2 of 3 gateways are usable"],
    [[vpn, lte], "?pool=x", 404, 'no pool has the name "x"; name vpn, lte'],
  ] as const)("of %j%s answers %p: %s", async (pools, query, status, line) => {
    const { router } = setUp({ pools: () => pools });
    expect(await ask(router, `/usable${query}`)).toMatchObject({ status, body: `${line}\n` });
  });

  test("is protected by the password", async () => {
    expect(await ask(setUp({ password: "secret" }).router, "/usable")).toMatchObject({ status: 401 });
  });
});
