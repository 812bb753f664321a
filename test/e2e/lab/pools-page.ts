/** The page about pools in the lab: its file, its rules for nftables, and the service with pools such as those of the page. */
import { blocksOf, pageOf } from "../../fixtures/documents.ts";
import { untilRejected } from "./clients.ts";
import { addressOf, type Daemon, type Lab, openLab, refusing } from "./index.ts";
import type { Namespace } from "./namespace.ts";

export const [SWEDEN, NORWAY, LTE] = [1, 2, 3] as const;

export const page = pageOf("pools");

/** The files of the page: a whole one, and pools for its gateways. */
export const files = blocksOf(page, "toml");

const PROBE = '[probe.health]\ntype = "http"\nperiod = "250ms"\ntimeout = "250ms"\n';
/** The gateways of the page, as in its first file. */
export const [gateways] = files[0]!.split("[[pool]]") as [string];

/** What the page writes, and what the lab has instead. */
const IN_THE_LAB: readonly (readonly [RegExp, string])[] = [
  [/192\.168\.1\.1([012])/g, "10.77.0.1$1"],
  [/192\.168\.20\.0/g, "10.78.0.0"],
  [/192\.168\.20\.7/g, "10.78.0.2"],
  [/192\.168\.5\.2/g, "10.66.0.2"],
  [/br-iot/g, "iot0"],
  [/br-lan/g, "lan0"],
  [/= "5m"/g, '= "1s"'],
];

/** A text of the page with what the lab has instead. */
export function here(text: string): string {
  const replaced = IN_THE_LAB.reduce((all, [theirs, ours]) => all.replaceAll(theirs, ours), text);
  return replaced.replaceAll(/10\.77\.0\.1(\d)\b/g, (_, last) => addressOf(Number(last) + 1));
}

/** A block of commands of nft, which may stand in a list: what is between the lines of its shell. */
export function rulesOf(table: string): string {
  const [, rules] = new RegExp(`^ *nft -f - <<'END'\\n( *table ip ${table} [\\s\\S]*?)^ *END$`, "m").exec(page)!;
  return here(rules!);
}

export interface SetUp {
  readonly lab: Lab;
  readonly lan: Namespace;
  readonly iot: Namespace;
}

/** A lab with a second client on the interface iot0. */
export async function openPools(): Promise<SetUp> {
  const lab = await openLab({ gateways: 3 });
  return { lab, lan: lab.client, iot: await lab.addClient("iot0", "10.78.0") };
}

/** The service with these pools, and the gateways of the page where the text has none. */
export async function start({ lab }: SetUp, text: string): Promise<Daemon> {
  const whole = text.includes("[[gateway]]") ? text : `${gateways}${text}`;
  const daemon = lab.startWithFile(here(`${PROBE}${whole}`));
  await daemon.untilReady();
  return daemon;
}

export async function openWith(text: string): Promise<SetUp> {
  const all = await openPools();
  await start(all, text);
  return all;
}

export const fail = (lab: Lab, ...numbers: readonly number[]): void =>
  numbers.forEach((number) => lab.gateway(number).becomes(refusing));

export const untilIotIsRejected = (lab: Lab): Promise<void> => untilRejected(lab, "10.78.0.2", "iot0");
