/** Answers of the provider that are of no use now, and may be better later. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Fault } from "../fakes/dynu.ts";
import { answering, openDdnsLab, publicOf } from "./lab/index.ts";

setDefaultTimeout(60_000);

const failure = { type: "Server Exception", message: "Failed." };
const answers: [string, Fault, reported: RegExp][] = [
  ["status 500", { kind: "http", status: 500, body: "" }, /HTTP status 500/],
  [
    "a proxy's web page",
    { kind: "http", status: 503, body: "<h1>Busy</h1>", contentType: "text/html" },
    /HTTP status 503/,
  ],
  ["status 429", { kind: "http", status: 429 }, /HTTP status 429/],
  ["an error of its server", { kind: "body", statusCode: 500, ...failure }, /500.*Server Exception.*Failed/],
  ["half of its JSON", { kind: "garbage", body: '{"statusCode":200,"dnsRec' }, /expected Dynu's JSON/],
  [
    "no list",
    { kind: "garbage", body: '{"statusCode":200,"id":1,"node":"gw","dnsRecords":{}}' },
    /expected a list of records/,
  ],
];

test.each(answers)("%s: nothing is written then, and everything afterwards", async (_, fault, reported) => {
  const { lab, ddns } = await openDdnsLab();
  for (const number of [1, 2, 3]) ddns.dynu.put({ content: publicOf(number) });
  lab.gateway(3).becomes(answering(503));
  ddns.dynu.fail(fault, { times: Infinity });
  const daemon = ddns.start();
  await daemon.untilMetrics("two passing errors", (it) => {
    return it.value("ddns_errors_total", { provider: "DynuDNS", kind: "passing" }) >= 2;
  });
  expect(ddns.writes()).toEqual([]);
  expect(ddns.dynu.requests.at(-1)!.at - ddns.dynu.requests[0]!.at).toBeGreaterThan(1_000);
  await daemon.log.next(reported);
  await daemon.log.next(/level=warn.*ddns: /);
  expect(daemon.log.matching(/level=warn.*ddns: /)).toHaveLength(1);
  ddns.dynu.heal();
  await ddns.untilReadBack([1, 2]);
});
