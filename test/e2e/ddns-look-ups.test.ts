/** Public addresses that change, come late, or stay unknown. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  addressOf,
  answering,
  hanging,
  openDdnsLab,
  publicOf,
  refusing,
  reporting,
  answeringJson,
  untilState,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

test("an address that changes while its gateway stays healthy is changed in place", async () => {
  const { ddns } = await openDdnsLab();
  const daemon = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  const { id } = ddns.own()[1]!;
  const written = ddns.dynu.requests.length;
  ddns.service(2).becomes(reporting("1.0.0.99"));
  await ddns.untilReadBack([1, 3, "1.0.0.99"]);
  expect(ddns.own()[2]!.id).toBe(id);
  expect(ddns.writes(written)).toHaveLength(1);
  const metrics = await daemon.untilMetrics("a change", (it) => it.value("public_ip_changes_total") === 1);
  expect(metrics.value("unique_public_ips_count")).toBe(3);
});

test("a gateway that comes back before its new address is known gets its record when it is", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  lab.gateway(2).becomes(refusing);
  await ddns.untilReadBack([1, 3]);
  ddns.service(2).becomes(answeringJson({}));
  lab.gateway(2).becomes(answering(200));
  await untilState(daemon, 2, "unknown");
  lab.gateway(3).becomes(answering(503));
  await ddns.untilReadBack([1]);
  ddns.service(2).becomes(reporting("1.0.0.99"));
  await ddns.untilReadBack([1, "1.0.0.99"]);
  await untilState(daemon, 2, "known");
});

test("a gateway whose VPN has stopped, though its probe succeeds, is shown in the log and in the status", async () => {
  const { ddns } = await openDdnsLab();
  const daemon = ddns.start();
  await untilState(daemon, 2, "known");
  ddns.service(2).becomes(answeringJson({ public_ip: "" }));
  await daemon.log.next(
    /level=warn.*10\.77\.0\.12: the answer has no address.*reported 1\.0\.0\.2 before.*most likely down/,
  );
  const { body } = await daemon.get("/api/v1/status");
  const { gateways } = JSON.parse(body) as { gateways: { state: string; publicAddress: { why: string | null } }[] };
  expect(gateways.map(({ state }) => state)).toEqual(["up", "up", "up"]);
  expect(gateways.map(({ publicAddress }) => publicAddress.why)).toEqual([
    null,
    expect.stringContaining("the answer has no address"),
    null,
  ]);
});

test("when all look-ups fail from the start, the records of an earlier run stay as they are", async () => {
  const { lab, ddns } = await openDdnsLab();
  for (const content of [publicOf(1), publicOf(2), "8.0.0.9"]) ddns.dynu.put({ content });
  for (const service of ddns.services) service.becomes(answering(500));
  const daemon = ddns.start();
  await daemon.untilMetrics("two failures each", (it) =>
    [1, 2, 3].every((number) => {
      return it.value("public_ip_fetch_total", { gateway_ip: addressOf(number), status: "failure" }) >= 2;
    }),
  );
  const since = performance.now();
  lab.gateway(3).becomes(answering(503));
  await ddns.untilReadBack([1, 2, "8.0.0.9"], since);
  expect(ddns.writes()).toEqual([]);

  // Once all addresses are known, the record that no gateway has goes.
  for (const number of [1, 2]) ddns.service(number).becomes(reporting(publicOf(number)));
  await ddns.untilReadBack([1, 2]);
});

test("when all look-ups fail later, only gateways that go down leave the name", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  for (const service of ddns.services) service.becomes(answering(500));
  for (const number of [1, 2, 3]) await untilState(daemon, number, "kept");
  lab.gateway(3).becomes(answering(503));
  await ddns.untilReadBack([1, 2]);
  lab.gateway(2).becomes(answering(503));
  await ddns.untilReadBack([1]);
});

test("a look-up that hangs for one gateway delays no other one", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.service(2).becomes(hanging);
  ddns.start({ "check-period": "20s", timeout: "20s", "public-ip-refresh": "1s" });
  await ddns.untilReadBack([1, 3]);
  ddns.service(3).becomes(reporting("1.0.0.99"));
  await ddns.untilReadBack([1, "1.0.0.99"]);
  expect(lab.gateways.map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
});

test("-public-ip-allow-private accepts addresses that are not public", async () => {
  const { ddns } = await openDdnsLab();
  ddns.service(2).becomes(reporting("192.168.7.7"));
  const daemon = ddns.start({ "public-ip-allow-private": true });
  await untilState(daemon, 2, "known");
  await ddns.untilResolves([1, 3]); // Dynu declines it, and the others are published
});
