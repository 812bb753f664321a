/** Public addresses of one service in the world, which is asked through each gateway. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { WITHOUT_EXECUTABLE_MEMORY } from "./lab/executable.ts";
import { Exits, exitOf, OWN_EXIT, SERVICE, SERVICE_NAME } from "./lab/exits.ts";
import { openDdnsLab, untilState } from "./lab/index.ts";
import { withFile } from "./lab/resolver.ts";

setDefaultTimeout(60_000);

const AT_SERVICE = {
  "public-ip-service-hostname": SERVICE,
  "public-ip-service-scheme": "http",
  "public-ip-service-port": 80,
  "public-ip-service-path": "/",
};

test("the name resolves to the exit of each gateway, and follows when one changes", async () => {
  const { lab, ddns } = await openDdnsLab();
  const exits = await Exits.open(lab);
  const daemon = ddns.start(AT_SERVICE);
  await ddns.untilReadBack([1, 2, 3].map(exitOf));
  await exits.setExit(2, "5.0.1.2");
  await ddns.untilReadBack([exitOf(1), exitOf(3), "5.0.1.2"]);
  expect(exits.clients).not.toContain(OWN_EXIT);
  expect(daemon.log.matching(/level=warn/)).toEqual([]);
  await daemon.stop();
  expect(await lab.router.ip("rule", "show")).not.toContain("fwmark");
});

test("the service is asked by its name, over TLS and with a password", async () => {
  const { lab, ddns } = await openDdnsLab();
  const exits = await Exits.open(lab);
  const heads: string[] = [];
  exits.reply = (client, head) => {
    heads.push(head);
    return { status: 200, body: JSON.stringify({ ip: client }) };
  };
  const { wrapper } = withFile(lab, "/etc/hosts", `${SERVICE} ${SERVICE_NAME}\n`);
  ddns.start(
    {
      ...AT_SERVICE,
      "public-ip-service-hostname": SERVICE_NAME,
      "public-ip-service-scheme": "https",
      "public-ip-service-port": 443,
      "public-ip-service-username": "user",
      "public-ip-service-password": "secret",
    },
    { wrapper },
  );
  await ddns.untilReadBack([1, 2, 3].map(exitOf));
  expect(heads[0]).toContain(`authorization: Basic ${btoa("user:secret")}\r\n`);
  expect(heads[0]).toMatch(new RegExp(`^host: ${SERVICE_NAME}\\r$`, "im"));
});

test("a gateway through which the service cannot be reached keeps its address, and the others have theirs", async () => {
  const { lab, ddns } = await openDdnsLab();
  const exits = await Exits.open(lab);
  const daemon = ddns.start(AT_SERVICE);
  await ddns.untilReadBack([1, 2, 3].map(exitOf));
  await lab.gatewaySpace(2).ip("route", "replace", "blackhole", "5.1.0.0/24");
  await untilState(daemon, 2, "kept");
  await exits.setExit(3, "5.0.1.3");
  await ddns.untilReadBack([exitOf(1), exitOf(2), "5.0.1.3"]);
});

test("with -public-ip-required the service is asked through each gateway, without a DNS name as well", async () => {
  const { lab, ddns } = await openDdnsLab();
  const exits = await Exits.open(lab);
  exits.reply = (client) => ({ status: 200, body: client === exitOf(2) ? "{}" : client });
  lab.start({
    ...AT_SERVICE,
    "public-ip-required": true,
    "public-ip-refresh": "1s",
    timeout: "1s",
    "check-period": "1s",
  });
  await lab.untilRouted([1, 3]);
  expect(new Set(exits.clients)).toEqual(new Set([1, 2, 3].map(exitOf)));
  expect(ddns.dynu.requests).toEqual([]);
});

test("where packets cannot be marked, a warning says that the records will be wrong, and no rule for marks is made", async () => {
  const { lab, ddns } = await openDdnsLab();
  await Exits.open(lab);
  const daemon = ddns.start(AT_SERVICE, { wrapper: WITHOUT_EXECUTABLE_MEMORY });
  await daemon.log.next(
    /level=warn.*-public-ip-service-hostname 5\.1\.0\.1 with 3 gateways: cannot call the C library.*will be wrong and change.*leave the flag out/,
  );
  await lab.untilRouted([1, 2, 3]);
  expect(await lab.router.ip("rule", "show")).not.toContain("fwmark");
  await untilState(daemon, 1, "known");
});
