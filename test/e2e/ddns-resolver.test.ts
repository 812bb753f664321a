import { expect, setDefaultTimeout, test } from "bun:test";

import { answering, openLab } from "./lab/index.ts";
import { silentResolver, TWO_NAMES } from "./lab/resolver.ts";

setDefaultTimeout(60_000);

test("routes and a stop do not wait for a resolver that is silent", async () => {
  const lab = await openLab();
  const { wrapper } = await silentResolver(lab);
  const before = await lab.snapshot();
  const daemon = lab.start(TWO_NAMES, { wrapper });
  await lab.untilRouted([1, 2, 3]);
  await daemon.log.next(/cannot determine the public address of .*: timeout/);

  for (const gateways of [[1, 2], [1]]) {
    lab.gateway(gateways.length + 1).becomes(answering(500));
    await lab.untilRouted(gateways);
  }
  expect((await daemon.stop()).status).toBe(0);
  expect(await lab.snapshot()).toBe(before);
});
