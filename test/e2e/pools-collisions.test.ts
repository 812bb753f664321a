/** A second instance whose file wants what a running one has: it is declined with a remedy, and nothing is changed. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

const GATEWAYS = `
[probe.health]
type = "http"
period = "1s"
timeout = "1s"
[[gateway]]
start-ip = "${addressOf(1)}"
end-ip = "${addressOf(2)}"
`;
const RUNNING = `${GATEWAYS}
[[pool]]
name = "vpn"
from = ["10.78.0.0/24"]
when-no-gateways = "unreachable"
[[pool]]
name = "rest"
`;

/** A file with one pool, which has these keys, and places of its own but for these settings. */
function file(keys: string, service = ""): string {
  const places = { "metrics-port": 9191, "first-routing-table-id": 300, "first-rule-preference": 12_000 };
  const given = Object.entries(places).filter(([key]) => !service.includes(key));
  const lines = given.map(([key, value]) => `${key} = ${value}`).join("\n");
  return `[service]\n${service}\n${lines}\n${GATEWAYS}[[pool]]\nname = "other"\nfrom = ["10.79.0.0/24"]\n${keys}\n`;
}

const ICMP = '[probe.internet]\ntype = "icmp"\ntargets = ["1.1.1.1"]';

test("a second instance is declined where it wants what a running one has, and changes nothing", async () => {
  const lab = await openLab({ gateways: 2 });
  const first = lab.startWithFile(RUNNING);
  await first.untilReady();
  await first.untilRounds(1);
  const before = await lab.snapshot();
  const cases: [text: string, problem: RegExp][] = [
    [
      file("", "first-routing-table-id = 180"),
      /pool other: another instance manages table 180 \(pid \d+, user 0, .*\); stop it, or give/,
    ],
    [file("table = 181"), /pool other: another instance manages table 181 \(pid \d+, user 0, .*\); stop it, or give/],
    [file("preference = 10889"), /preference 10888 overlaps preference 10889 \(pid .*\); give one of them/],
    [
      file('preference = 10896\nwhen-no-gateways = "prohibit"'),
      /preference 10896 overlaps the preferences 10896 to 10899/,
    ],
    [file("", "metrics-port = 9090"), /port 9090 is in use; choose another -metrics-port/],
    [file(ICMP, "probe-rule-preference = 10890"), /10888 does not come after the preferences 10890 to 10893/],
  ];
  for (const [text, problem] of cases) {
    const { status, stderr } = await lab.startWithFile(text).ended();
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(problem) });
    expect(await lab.snapshot()).toBe(before);
  }
  const { status, stderr } = await lab.start({ "metrics-port": 9191 }).ended();
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringContaining("another instance manages table 180"),
  });
  expect(await lab.snapshot()).toBe(before);
  await first.untilRounds(1);
  expect(await lab.run(["drain", addressOf(1)])).toMatchObject({ status: 0 });
});
