import { expect, onTestFinished, test } from "bun:test";

import { askHealth } from "../../../src/http/health-client.ts";

/** The health that the client reports for this answer. */
async function ask(body: string, status: number) {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(body, { status }) });
  onTestFinished(() => void server.stop(true));
  return askHealth("127.0.0.1", server.port!);
}

test("an answer of this program is healthy or not by its status, and is passed on", async () => {
  expect(await ask("ok: probes are running\n", 200)).toEqual({ code: "ours-ok", detail: "ok: probes are running" });
  expect(await ask("not ok: no round\n", 503)).toEqual({ code: "ours-not-ok", detail: "not ok: no round" });
});

test.each([
  ["<html>\x1b[31mokay</html>", 200],
  ["", 200],
  ["ok: \x1b[31m", 200],
  ["ok: is not a start\nbut a poem", 200],
])("the answer %j is another program's, and is not passed on", async (body, status) => {
  const { code, detail } = await ask(body, status);
  expect(code).toBe("other-program");
  expect(detail).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/healthz: another program answers, with status 200$/);
});

test("a port without a listener gives no answer", async () => {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const port = server.port!;
  await server.stop(true);
  const { code, detail } = await askHealth("127.0.0.1", port);
  expect(code).toBe("no-answer");
  expect(detail).toStartWith(`http://127.0.0.1:${port}/healthz: `);
});

test("another path is asked with the password, and a missing or wrong one is reported", async () => {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url, headers }) =>
      headers.get("authorization") === `Basic ${btoa("status:right")}`
        ? new Response(`not ok: ${new URL(url).search}\n`, { status: 503 })
        : new Response("wrong password\n", { status: 401 }),
  });
  onTestFinished(() => void server.stop(true));
  const ask = (password?: string) => askHealth("127.0.0.1", server.port!, { path: "/usable?pool=a", password });
  expect(await ask("right")).toEqual({ code: "ours-not-ok", detail: "not ok: ?pool=a" });
  expect(await ask("wrong")).toMatchObject({
    code: "denied",
    detail: expect.stringContaining("/usable?pool=a: the password is wrong"),
  });
  expect(await ask()).toMatchObject({ code: "denied", detail: expect.stringContaining("requires a password") });
});
