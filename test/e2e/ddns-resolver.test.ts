import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";

import { answering, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

const RESOLVER = "127.0.0.99";

test("routes and a stop do not wait for a resolver that is silent", async () => {
  const lab = await openLab();
  const resolver = await lab.router.enter(() => Bun.udpSocket({ hostname: RESOLVER, port: 53 }));
  onTestFinished(() => resolver.close());
  const settings = lab.file("resolv.conf", `nameserver ${RESOLVER}\noptions timeout:10 attempts:3\n`);
  // Two names at once took every thread of the pool through which `ip` gets its input, and the log is written.
  const flags = {
    "ddns-provider": "dynudns",
    "ddns-hostname": "gw.example.com",
    "ddns-password": "key",
    "public-ip-service-hostname": "ip.example.com",
  };
  const mount = `mount --bind ${settings} /etc/resolv.conf; exec "$@"`;
  const before = await lab.snapshot();
  const daemon = lab.start(flags, { wrapper: ["unshare", "-m", "sh", "-c", mount, "sh"] });
  await lab.untilRouted([1, 2, 3]);
  await daemon.log.next(/is not told: timeout/);

  for (const gateways of [[1, 2], [1]]) {
    lab.gateway(gateways.length + 1).becomes(answering(500));
    await lab.untilRouted(gateways);
  }
  expect((await daemon.stop()).status).toBe(0);
  expect(await lab.snapshot()).toBe(before);
});
