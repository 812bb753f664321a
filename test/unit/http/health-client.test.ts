import { expect, onTestFinished, test } from "bun:test";

import { askHealth } from "../../../src/http/health-client.ts";

/** The health that the client reports for this answer. */
async function ask(body: string, status: number) {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(body, { status }) });
  onTestFinished(() => void server.stop(true));
  return askHealth("127.0.0.1", server.port!);
}

test("the answer of the service is the report", async () => {
  expect(await ask("ok: probes are running\n", 200)).toEqual({ ok: true, why: "ok: probes are running" });
  expect(await ask("not ok: no round\n", 503)).toEqual({ ok: false, why: "not ok: no round" });
});

test.each([
  ["<html>\x1b[31mokay</html>", 200],
  ["", 200],
  ["ok: \x1b[31m", 200],
  ["ok: is not a start\nbut a poem", 200],
])("the answer %j is of another program, and not healthy", async (body, status) => {
  const { ok, why } = await ask(body, status);
  expect(ok).toBe(false);
  expect(why).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/healthz: another program answers, with status 200$/);
});
