import { expect, spyOn, test } from "bun:test";
import dns from "node:dns/promises";

import type { BeyondProbe } from "../../../src/config/model.ts";
import { throughProber } from "../../../src/config/through-values.ts";
import { createBeyondProbe } from "../../../src/service/beyond-probe.ts";
import { valueOf } from "../config/value.fixture.ts";

const [IPV4, IPV6] = ["10.77.0.11", "fd00:77::11"] as const;

function beyond(through: string) {
  const settings: BeyondProbe = {
    ...valueOf(throughProber, through),
    ...({ kind: "beyond", name: through, period: 1000, timeout: 200, rise: 1, fall: 1, need: 1 } as const),
    ...{ text: undefined, maxLoss: undefined, maxLatency: undefined },
  };
  return createBeyondProbe({
    ...{ settings, gateways: [IPV4, IPV6], former: undefined, emit() {}, onFault() {} },
    paths: new Map([
      [IPV4, { family: 4, mark: 1 }],
      [IPV6, { family: 6, mark: 1 }],
    ]),
  });
}

test("a name is another target in each family, and may have no address in one of them", async () => {
  const lookup = spyOn(dns, "lookup").mockImplementation((async (_: string, { family }: { family: number }) => {
    throw Object.assign(new Error("none"), { code: family === 6 ? "ENOTFOUND" : "EAI_AGAIN" });
  }) as never);
  const { probe, memory } = beyond("https://a.example/");
  const details = [(await probe(IPV4)).detail, (await probe(IPV6)).detail];
  lookup.mockRestore();
  expect(details).toEqual([
    "url https://a.example/: no name server answers for the host name (EAI_AGAIN)",
    "url https://a.example/ (IPv6): the host has no IPv6 address",
  ]);
  expect([...memory.faults.keys()]).toEqual([4, 6]);
});
