/** -public-ip-required: a gateway without a public address is down, whatever its health server says. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { addressOf, answering, answeringJson, openDdnsLab, reporting, SERVICE_PORT } from "./lab/index.ts";

setDefaultTimeout(60_000);

const REQUIRED = { "public-ip-required": true };

test("a gateway whose VPN stops leaves routes and name, and comes back with its next address", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start(REQUIRED);
  await ddns.untilReadBack([1, 2, 3]);
  ddns.service(2).becomes(answeringJson({ public_ip: "" }));
  await daemon.log.next(/gateway 10\.77\.0\.12 down: no public address, so its VPN is down.* \(2 of 3 healthy\)/);
  await lab.untilRouted([1, 3]);
  await ddns.untilReadBack([1, 3]);
  const metrics = await daemon.metrics();
  expect(metrics.value("probe_failures_total", { gateway_ip: addressOf(2), reason: "no-address" })).toBeGreaterThan(0);

  ddns.service(2).becomes(reporting("1.0.0.99"));
  await lab.untilRouted([1, 2, 3]);
  await ddns.untilReadBack([1, 3, "1.0.0.99"]);
});

test("it works without a DNS name; services that fail in another way take no gateway down", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.service(1).becomes(answering(401));
  ddns.service(3).becomes(answeringJson({}));
  const daemon = lab.start({
    ...REQUIRED,
    "check-period": "1s",
    "public-ip-refresh": "1s",
    "public-ip-service-scheme": "http",
    "public-ip-service-port": SERVICE_PORT,
    "public-ip-service-path": "/v1/publicip/ip",
  });
  await lab.untilRouted([1, 2]);
  await daemon.log.next(/level=warn.*cannot determine the public address of 10\.77\.0\.11: status 401/);
  ddns.service(3).becomes(reporting("1.0.0.3"));
  await lab.untilRouted([1, 2, 3]);
});
