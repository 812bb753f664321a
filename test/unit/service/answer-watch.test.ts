import { expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createAnswerWatch } from "../../../src/service/answer-watch.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { configOf } from "../config/file/file.fixture.ts";

const configWith = (selectors: string) =>
  configOf(`
    [probe.internet]
    type = "icmp"
    targets = ["1.1.1.1"]
    [[gateway]]
    name = "sweden"
    address = "10.0.0.11"
    [[pool]]
    name = "vpn"
    ${selectors}
    members = ["sweden"]
    when-no-gateways = "unreachable"
  `);

const DOWN: ServiceEvent = {
  ...{ type: "gateway", gateway: "10.0.0.11", before: "unknown", status: "down", detail: "" },
  ...{ up: 0, down: 1, total: 1 },
};

const WARNING =
  "rp_filter: strict (1) on eth0: answers of targets beyond the gateways are dropped (no pool is for packets from 10.0.0.1, and this machine has no default route), so no gateway can come up; sysctl net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0";

/** A watch of a machine with gateways behind eth0, whose log is a list. */
function watchWith(selectors: string) {
  const lines: string[] = [];
  const machine = { defaults: [] as string[], filter: 1 };
  let looks = 0;
  const watch = createAnswerWatch({
    config: configWith(selectors),
    kernel: new FakeKernel(["10.0.0.1/24", "10.78.0.1/24"]),
    log: Object.assign((level: string, text: string) => void lines.push(`${level} ${text}`), { writes: () => true }),
    readDefaults: async () => machine.defaults,
    readFilters(devices) {
      looks += 1;
      return new Map([...devices].map((device) => [device, machine.filter]));
    },
    delayMs: 1,
  });
  /** Does something, and waits until the watch has looked. */
  const look = async (cause: () => void): Promise<void> => {
    const before = looks;
    cause();
    while (looks === before) await Bun.sleep(1);
  };
  const downs = () => look(() => [1, 2, 3].forEach(() => watch.record(DOWN)));
  return { lines, machine, watch, look, downs };
}

test("answers that the reverse path filter drops are warned of once for each reason, with the remedy", async () => {
  const { lines, machine, downs } = watchWith('from = ["10.78.0.0/24"]');
  await downs();
  await downs();
  expect(lines.splice(0)).toEqual([`warn ${WARNING}`]);
  machine.defaults = ["wan0"];
  await downs();
  expect(lines.splice(0)).toMatchObject([expect.stringContaining("and the default route uses wan0")]);
  machine.filter = 2;
  await downs();
  expect(lines).toEqual([]);
  machine.filter = 1;
  await downs();
  expect(lines).toHaveLength(1);
});

test("nothing is warned of where answers come in, and a reload is looked at", async () => {
  const { lines, watch, look, downs } = watchWith('in = ["lan0", "lo"]');
  await downs();
  expect(lines).toEqual([]);
  await look(() => watch.reload(configWith('in = ["lan0"]')));
  expect(lines).toEqual([`warn ${WARNING}`]);
  watch.stop();
});
