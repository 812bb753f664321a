/** What keeps the routes calm while gateways are not: all of it optional. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { answering, openLab, TABLE } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("-fast-check-period decides on three failures in a fraction of one check period, and then is at rest", async () => {
  const lab = await openLab({ gateways: 2 });
  lab.start({ "check-period": "4s", timeout: "1s", fall: 3, rise: 3, "fast-check-period": "100ms" });
  await lab.untilRouted([1, 2]);
  const monitor = await lab.monitor();
  const { requests } = lab.gateway(2);

  lab.gateway(2).becomes(answering(500));
  const first = await lab.gateway(2).nextAnswer(500);
  await lab.untilRouted([1]);
  const [change] = monitor.changesOf("default", TABLE);
  console.log(`three failures took ${Math.round(change!.at - first.at)} ms at a check period of 4 s`);
  expect(change!.at - first.at).toBeLessThan(4000); // 8 s without it
  expect(requests.filter(({ status }) => status === 500)).toHaveLength(3);

  const asked = requests.length;
  lab.gateway(2).becomes(answering(200));
  await lab.untilRouted([1, 2]);
  expect(requests.length - asked).toBe(3);
  expect(requests[asked]!.at - requests[asked - 1]!.at).toBeGreaterThan(1000);
});
