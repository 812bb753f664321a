/** The log as the journal of systemd reads it: priorities, from a start over a total loss to its end. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, answering, openLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** Runs a program as systemd does whose standard output is the journal: the variable names the stream of this process. */
const TO_JOURNAL = ["sh", "-c", 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/$$/fd/1) exec "$@"', "sh"];

test("where standard output is the journal, a loss is a warning, the last one an error, and the end says how long", async () => {
  const lab = await openLab({ gateways: 2 });
  const flags = { "log-level": "info", "when-no-gateways": "prohibit" };
  const daemon = lab.start(flags, { wrapper: TO_JOURNAL });
  await daemon.log.next(/^<6>.*all 2 gateways are up/);
  for (const number of [1, 2]) {
    lab.gateway(number).becomes(answering(503));
    await daemon.log.next(new RegExp(`^<4>.*gateway ${addressOf(number)} down: status 503 \\(${2 - number} of 2`));
  }
  await daemon.log.next(/^<3>.*all 2 gateways are down: traffic is rejected \(prohibit\)/);
  lab.gateway(1).becomes(answering(200));
  await daemon.log.next(/^<4>.*after [\d.]+m?s without a usable gateway, traffic uses the gateways again: 1 of 2/);
  await daemon.stop();
  expect(daemon.log.matching(/^<[346]>time=/)).toHaveLength(daemon.log.matching(/./).length);
});
