/** Starts with a file that has other pools than that of a run that was killed: flows of the pools that stay do not move. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, type Lab, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

const GATEWAYS = `
[probe.health]
type = "http"
period = "1s"
timeout = "1s"
${[1, 2, 3].map((number) => `[[gateway]]\nname = "g${number}"\naddress = "${addressOf(number)}"`).join("\n")}
`;
const VPN = `
[[pool]]
name = "vpn"
from = ["10.78.0.0/24"]
members = ["g1", "g2"]
when-no-gateways = "unreachable"
`;
const REST = `
[[pool]]
name = "rest"
members = ["g2", "g3"]
`;
/** More specific than the others, so it is asked before them. */
const TINY = `
[[pool]]
name = "tiny"
from = ["10.78.0.9/32"]
members = ["g3"]
when-no-gateways = "unreachable"
`;

test.each([
  ["is added at the end of the file", [VPN, REST], [VPN, REST, TINY]],
  ["is added at the start of the file", [VPN, REST], [TINY, VPN, REST]],
  ["is removed from the start of the file", [TINY, VPN, REST], [VPN, REST]],
])("no flow of the others moves at a start after a kill when a pool that is asked first %s", async (_, old, now) => {
  const lab = await openLab();
  const iot = await lab.addClient("iot0", "10.78.0");
  const first = lab.startWithFile(`${GATEWAYS}${old.join("")}`);
  await first.untilReady();
  const ofIot = await lab.traffic.survey(200, iot);
  const ofOthers = await lab.traffic.survey(200);
  const fromIot = await lab.traffic.stream({
    flows: 32,
    packetsPerSecond: 3000,
    limit: 1_000_000,
    from: iot,
    lossy: true,
  });
  const fromOthers = await lab.traffic.stream({ flows: 32, packetsPerSecond: 3000, limit: 1_000_000 });

  await first.kill();
  const second = lab.startWithFile(`${GATEWAYS}${now.join("")}`);
  await second.untilReady();
  const config = String(second.flags["config"]);
  const planned = async (): Promise<string> => (await lab.run(["plan", "-config", config])).stdout;

  await lab.until("a plan without changes", planned, (text) => text.includes("nothing to change"));
  await second.untilRounds(5); // by then it has removed what no pool needs any more

  expect(await lab.traffic.survey(200, iot)).toEqual(ofIot);
  expect(await lab.traffic.survey(200)).toEqual(ofOthers);
  expect(await ending(fromIot)).toEqual({ lost: 0, sinks: [1, 2].map(addressOf) });
  expect(await ending(fromOthers)).toEqual({ lost: 0, sinks: [2, 3].map(addressOf) });
});

test("a pool with the selectors of one of a running instance gets a place of its own", async () => {
  const lab = await openLab();
  await lab.startWithFile(`${GATEWAYS}${VPN}`).untilReady();
  const places = "first-routing-table-id = 170\nfirst-rule-preference = 10840";
  const second = lab.startWithFile(`[service]\n${places}\n${GATEWAYS}${VPN}${REST}`, { "metrics-port": 9191 });
  await second.log.next(/vpn.*in table 170 by rule 10840/);
});

/** How many packets of a stream were lost, and where the others arrived. */
async function ending(stream: Awaited<ReturnType<Lab["traffic"]["stream"]>>) {
  const { lost, arrived } = await stream.stop();
  return { lost, sinks: Object.keys(arrived).sort() };
}
