/** A provider behind the gateways: without one of them the kill switch rejects the packets of this program, too. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { answering, type DdnsLab, openDdnsLab } from "./lab/index.ts";
import { withFile } from "./lab/resolver.ts";

setDefaultTimeout(60_000);

/** An address that is routed through the gateways. */
const PROVIDER = "9.9.9.9";

/** Behind every gateway the provider listens at that address; it is named without TLS. */
async function openBehindGateways() {
  const { lab, ddns } = await openDdnsLab();
  for (const number of [1, 2, 3]) {
    const enter = <T>(action: () => T): T => lab.gatewaySpace(number).enter(action);
    const { close } = ddns.dynu.listen({ hostname: PROVIDER, port: 8080, enter });
    lab.onClose(close);
  }
  return { lab, ddns };
}

async function failAll({ lab }: Pick<DdnsLab, "lab">): Promise<void> {
  for (const number of [1, 2, 3]) lab.gateway(number).becomes(answering(503));
  await lab.untilRouted([]);
}

test.each([
  ["unreachable", "9.9.9.9"],
  ["prohibit", "provider.test"],
  ["blackhole", "provider.test"],
])(
  "with -when-no-gateways %s, requests to %s are reported as rejected, and follow a gateway that returns",
  async (mode, host) => {
    const { lab, ddns } = await openBehindGateways();
    const flags = { "when-no-gateways": mode, "ddns-api-url": `http://${host}:8080/v2` };
    const daemon = ddns.start(flags, withFile(lab, "/etc/hosts", `${PROVIDER} provider.test\n`));
    await ddns.untilReadBack([1, 2, 3]);
    await failAll(ddns);
    const reported = new RegExp(`level=warn.*Dynu cannot be reached.*no gateway is active.*-when-no-gateways ${mode}`);
    await daemon.log.next(reported);
    await daemon.untilMetrics("four failures", (it) => it.value("ddns_errors_total", { kind: "passing" }) >= 4);
    expect(ddns.own()).toHaveLength(3);
    expect(`${daemon.log}`).not.toContain("connection refused");

    lab.gateway(2).becomes(answering(200));
    const since = performance.now();
    await ddns.untilReadBack([2]);
    expect(performance.now() - since).toBeLessThan(6000);
  },
);
