/** The answers of the HTTP API conform to the OpenAPI description that the executable serves. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";

import { schemaChecks } from "../unit/http/schema-checks.ts";
import { addressOf, answering, hanging, openDdnsLab, openLab, refusing } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("status and log conform to the OpenAPI description while gateways, routes and DNS have problems", async () => {
  const { lab, ddns } = await openDdnsLab({ gateways: 4 });
  lab.gateway(3).becomes(answering(503));
  lab.gateway(4).becomes(hanging);
  await lab.router.ip("route", "add", `${addressOf(2)}/32`, "via", "10.88.0.1"); // cannot be a nexthop
  ddns.dynu.fail({ kind: "http", status: 502 }, { times: 1 });
  const daemon = ddns.start({ route: ["1.0.0.0/8", "8.0.0.0/8"], "exclude-cidr": "8.8.0.0/16" });
  const json = async (path: string): Promise<unknown> => JSON.parse((await daemon.get(path)).body);
  const document = (await lab.until("an answer", () => json("/api/v1/openapi.json"), Boolean)) as object;
  const validator = new Validator();
  expect(await validator.validate(JSON.parse(JSON.stringify(document)))).toEqual({ valid: true });
  const { checkStatus, checkLog } = schemaChecks(document);
  expect(checkStatus(await json("/api/v1/status"))).toEqual([]); // at the very start
  await ddns.untilReadBack([1]);
  lab.gateway(1).becomes(refusing);
  await lab.untilRouted([], "1.0.0.0/8");
  expect(checkStatus(await json("/api/v1/status"))).toEqual([]);
  expect(checkLog(await json("/api/v1/log"))).toEqual([]);
});

test("every path of the OpenAPI description exists, and requires the password except /healthz", async () => {
  const lab = await openLab({ gateways: 1 });
  const daemon = lab.start({ "http-password": "secret" });
  const headers = { Authorization: "Bearer secret" };
  await lab.untilRouted([1]);
  const read = async () =>
    JSON.parse((await daemon.get("/api/v1/openapi.json", "127.0.0.1", { headers })).body) as object;
  const { paths } = (await lab.until("an answer", read, Boolean)) as { paths: Record<string, { get: object }> };
  expect(Object.keys(paths)).toContain("/api/v1/status");
  for (const path of Object.keys(paths)) {
    const { status } = await daemon.get(path, "127.0.0.1", { headers, method: "HEAD" });
    expect([path, status]).toEqual([path, 200]);
    const { status: withoutPassword } = await daemon.get(path, "127.0.0.1", { method: "HEAD" });
    expect([path, withoutPassword]).toEqual([path, path === "/healthz" ? 200 : 401]);
  }
});
