/** Many gateways, and gateways that flap all the time: the provider gets few requests. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { answering, inTurn, openDdnsLab, publicOf } from "./lab/index.ts";

setDefaultTimeout(60_000);

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test("a hundred gateways are one update, and so are fifty that leave together", async () => {
  const { lab, ddns } = await openDdnsLab({ gateways: 100, shared: true });
  const calm = { "check-period": "1s", timeout: "1s", "public-ip-refresh": "10s", "log-level": "info" };
  const daemon = ddns.start(calm);
  await ddns.untilReadBack(numbers(100));
  for (const gateway of lab.gateways.slice(50)) gateway.becomes(answering(503));
  await ddns.untilReadBack(numbers(50));
  await daemon.log.next(new RegExp(`level=info.*resolves to ${publicOf(1)}, .* and 42 more"`));
  const metrics = await daemon.metrics();
  expect(metrics.value("ddns_updates_total", { status: "success" })).toBeLessThanOrEqual(3);
  expect(metrics.value("ddns_errors_total")).toBe(0);
});

test("gateways that flap all the time wake the provider every two seconds at most", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.start({ "check-period": "250ms", timeout: "250ms" });
  await ddns.untilReadBack([1, 2, 3]);
  const since = ddns.dynu.requests.length;
  lab.gateway(2).becomes(inTurn(answering(503), answering(200)));
  // Each update lists before it changes anything, and once more to read that back: these are three updates or more.
  const lists = await lab.until(
    "six lists",
    () => ddns.dynu.requests.slice(since).filter(({ call }) => call === "list"),
    ({ length }) => length >= 6,
  );
  expect(lists[5]!.at - lists[0]!.at).toBeGreaterThan(3_000);
  lab.gateway(2).becomes(answering(200));
  await ddns.untilReadBack([1, 2, 3]);
});
