/** Waits for false alarms of probes beyond the gateways, where links lose packets and one target is dead. */
import { parseArgs } from "node:util";

import { Lab } from "../../test/e2e/lab/index.ts";

const GATEWAYS = [1, 2, 3];
const TARGETS = ["1.1.1.1", "9.9.9.9", "1.0.0.1"];
const DEAD = "1.1.1.1";
/** Percent of the packets to the targets that each gateway drops. */
const LOSS = 5;
const FLAGS = {
  "check-period": "1s",
  timeout: "1s",
  through: `icmp:${TARGETS}`,
  "through-period": "500ms",
  "through-timeout": "300ms",
  "log-level": "debug",
};

/** What the service has logged so far. */
interface Tally {
  /** Rounds through a gateway, and those of them that no target answered. */
  rounds: number;
  failed: number;
  /** The lines of gateways that went down. */
  readonly alarms: string[];
}

const minutes = readMinutes();
const lab = await Lab.open({ gateways: GATEWAYS.length, beyond: true });
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  lab.close();
}

/** @returns whether no gateway went down */
async function soak(): Promise<boolean> {
  await lab.beyond.setDead([DEAD]);
  for (const gateway of GATEWAYS) await lab.beyond.setLoss(gateway, LOSS);
  const daemon = lab.start(FLAGS);
  const tally: Tally = { rounds: 0, failed: 0, alarms: [] };
  daemon.log.onLine(({ text }) => count(text, tally));
  await daemon.untilReady();
  await lab.untilRouted(GATEWAYS);
  for (let minute = 1; minute <= minutes; minute++) {
    await Bun.sleep(60_000);
    if (!daemon.isRunning) throw new Error(`the service has ended\n${daemon.log.tail()}`);
    console.log(`${minute} of ${minutes} minutes: ${textOf(tally)}`);
  }
  await daemon.stop();
  for (const alarm of tally.alarms) console.log(alarm);
  console.log(`${tally.alarms.length === 0 ? "passed" : "FAILED"}: ${textOf(tally)}`);
  return tally.alarms.length === 0;
}

function count(line: string, tally: Tally): void {
  if (/ msg="gateway \S+ down/.test(line)) tally.alarms.push(line);
  if (!/ msg="probe of \S+ icmp /.test(line)) return;
  tally.rounds++;
  if (line.includes(" reason=")) tally.failed++;
}

function textOf({ rounds, failed, alarms }: Tally): string {
  return `${rounds} rounds through gateways, ${failed} of them failed, ${alarms.length} gateways went down`;
}

function readMinutes(): number {
  try {
    const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
    const number = Number(values.minutes);
    if (!Number.isInteger(number) || number < 1)
      throw new Error(`--minutes ${values.minutes}: expected a whole number`);
    return number;
  } catch (error) {
    console.error(`scripts/false-alarms: ${(error as Error).message}`);
    process.exit(2);
  }
}
