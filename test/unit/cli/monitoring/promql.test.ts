import { expect, test } from "bun:test";

import { strangersIn } from "./promql.ts";

test.each([
  "gateway_up{gateway_ip='x'} == 0",
  "sum by (instance, le) (rate(http_request_duration_seconds_bucket{gateway_ip!=''}[5m]))",
  "time() - on (instance, job) group_left () process_open_fds",
])("a query of metrics and labels of the table has no strangers: %s", (expr) => {
  expect(strangersIn(expr.replace("'x'", "'$gateway'"))).toEqual([]);
});

test.each([
  ["gateway_upp == 0", ["gateway_upp"]],
  ["http_request_duration_seconds > 1", ["http_request_duration_seconds"]], // a histogram has only buckets, sum and count
  ["gateway_up{gateway='$gateway'}", ["gateway_up{gateway='$gateway'}"]],
  ["sum by (gateway) (gateway_up)", ["gateway"]],
  ["gateway_public_ip_state{state='unheard'}", ["gateway_public_ip_state{state='unheard'}"]],
  ["hook_dropped_total{reason=~'full|lost'}", ["hook_dropped_total{reason='lost'}"]],
])("a name outside the table of metrics is found in %s", (expr, strangers) => {
  expect(strangersIn(expr)).toEqual(strangers);
});
