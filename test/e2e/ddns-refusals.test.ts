/** Failures that only a person can correct: an error each, and few requests to the provider. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { KEY_DECLINED } from "../fakes/dynu-faults.ts";
import { answering, type Daemon, openDdnsLab, publicOf, reporting } from "./lab/index.ts";

setDefaultTimeout(60_000);

const errorsOf = (daemon: Daemon): number => daemon.log.matching(/level=error/).length;

const locks: [string, { node?: string }, Record<string, string>, RegExp][] = [
  ["a wrong key", {}, { DDNS_PASSWORD: "not-the-key-1234" }, /level=error.*401.*Authentication.*-ddns-password/],
  [
    "a name that is a whole domain",
    { node: "" },
    {},
    /level=error.*example\.net is a whole domain.*gateways\.example\.net/,
  ],
  [
    "a name of no domain of the account",
    {},
    { GRM_DDNS_HOSTNAME: "gw.example.org" },
    /level=error.*gw\.example\.org.*404/,
  ],
];

test.each(locks)("%s: an error at the start, and no more requests", async (_, options, env, reported) => {
  const { lab, ddns } = await openDdnsLab(options);
  const before = ddns.dynu.moments.length;
  const flags = env["GRM_DDNS_HOSTNAME"] ? { "ddns-hostname": env["GRM_DDNS_HOSTNAME"] } : {};
  const daemon = ddns.start(flags, { env });
  await daemon.log.next(reported);
  const metrics = await daemon.metrics();
  expect(metrics.value("ddns_errors_total", { provider: "DynuDNS", kind: "access" })).toBe(1);
  await daemon.untilReady();

  lab.gateway(2).becomes(answering(503));
  await lab.untilRouted([1, 3]);
  ddns.service(1).becomes(reporting("1.0.0.99"));
  await daemon.log.next(/has the public address 1\.0\.0\.99/);
  await daemon.untilRounds(4); // longer than updates are apart
  expect(ddns.dynu.requests).toHaveLength(1);
  expect(errorsOf(daemon)).toBe(1);
  expect(ddns.dynu.moments).toHaveLength(before);
  if (env["DDNS_PASSWORD"]) expect(`${daemon.log}`).not.toContain(env["DDNS_PASSWORD"]);
});

test("a key that worked and is declined once is used again within seconds", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  ddns.dynu.fail(KEY_DECLINED);
  lab.gateway(3).becomes(answering(503));
  await daemon.log.next(/level=warn.*401.*worked before/);
  await ddns.untilReadBack([1, 2]);
  expect(errorsOf(daemon)).toBe(0);
});

test("other addresses that are due during the wait after a wrong key are logged and in the status", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start({}, { env: { DDNS_PASSWORD: "not-the-key-1234" } });
  await daemon.log.next(/level=error.*401/);
  await daemon.untilReady();
  lab.gateway(2).becomes(answering(503));
  await daemon.log.next(/should resolve to 1\.0\.0\.1, 1\.0\.0\.3 now, but the last failure delays that/);
  const { body } = await daemon.get("/api/v1/status");
  expect(JSON.parse(body).ddns.pending).toEqual(["1.0.0.1", "1.0.0.3"]);
});

test("a full account: what fits is published, and when a gateway leaves another one gets in", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.leaveRoomFor(2);
  const daemon = ddns.start();
  await ddns.untilResolves([1, 2]);
  await daemon.log.next(/level=error.*Quota.*not published: 1\.0\.0\.3/);
  const full = await daemon.untilMetrics("an error", (it) => it.value("ddns_errors_total", { kind: "quota" }) >= 1);
  expect(full.value("ddns_updates_total", { status: "failure" })).toBe(1);
  const requests = ddns.dynu.requests.length;
  await daemon.untilRounds(4); // longer than updates are apart
  expect(ddns.dynu.requests).toHaveLength(requests);

  lab.gateway(1).becomes(answering(503));
  await ddns.untilReadBack([2, 3]);
  const { id } = ddns.own()[0]!;
  lab.gateway(1).becomes(answering(200));
  lab.gateway(2).becomes(answering(503));
  await ddns.untilReadBack([1, 3]);
  expect(ddns.own().map((record) => record.id)).toContain(id);
});

test("an account that is full of stale records is still brought up to date", async () => {
  const { ddns } = await openDdnsLab();
  for (const content of ["8.0.0.1", "8.0.0.2", "8.0.0.3"]) ddns.dynu.put({ content });
  ddns.leaveRoomFor(3);
  ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  expect(ddns.writes().map(({ call }) => call)).toEqual(["change", "change", "change"]);
});

test("a change that is declined delays no other one, and other desired records are tried at once", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.dynu.fail(
    { kind: "body", statusCode: 505, type: "Validation Exception", message: "Not valid." },
    { call: "add" },
  );
  const daemon = ddns.start();
  await ddns.untilResolves([2, 3]);
  await daemon.log.next(/level=error.*505.*Validation.*not published: 1\.0\.0\.1/);
  await daemon.untilMetrics("an error", (it) => it.value("ddns_errors_total", { kind: "refused" }) === 1);
  const requests = ddns.dynu.requests.length;
  await daemon.untilRounds(4); // longer than updates are apart
  expect(ddns.dynu.requests).toHaveLength(requests);

  lab.gateway(3).becomes(answering(503));
  await ddns.untilReadBack([1, 2]);
  expect(errorsOf(daemon)).toBe(1);
});

test("an address that the provider declines does not stop the others", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.service(1).becomes(reporting("192.168.7.7"));
  const daemon = ddns.start({ "public-ip-allow-private": true });
  await ddns.untilResolves([2, 3]);
  await daemon.log.next(/level=error.*not published: 192\.168\.7\.7/);
  lab.gateway(3).becomes(answering(503));
  await ddns.untilResolves([2]);
  ddns.service(1).becomes(reporting(publicOf(1)));
  await ddns.untilReadBack([1, 2]);
  expect(await daemon.metrics().then((it) => it.value("public_ip_changes_total"))).toBe(1);
});
