import { address6Of, addressOf, CALM, flagsOfIpv6, Lab } from "../../test/e2e/lab/index.ts";
import type { Flags } from "../../test/e2e/lab/executable.ts";
import type { Table } from "./table.ts";
import { memoryOf, watchProcessor } from "./usage.ts";

const GATEWAYS = 10;
const RUNS = 3;
const WARM_UP_MS = 30_000;
const MEASURED_MS = 60_000;

const NUMBERS = Array.from({ length: GATEWAYS }, (_, index) => index + 1);

/** The same gateways by their addresses of a family, or of both. */
const SCENES: Readonly<Record<string, Flags>> = {
  IPv4: { gateway: NUMBERS.map(addressOf), route: ["default"] },
  IPv6: flagsOfIpv6(GATEWAYS),
  both: {
    gateway: NUMBERS.map((number) => `${addressOf(number)}+${address6Of(number)}`),
    route: ["default", "default6"],
  },
};

/** What a second family costs: the same gateways in each family and in both, at the same time, several times over. */
export async function families(): Promise<Table[]> {
  const runs: Measured[][] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await Promise.all(Object.values(SCENES).map(measure)));
  const rows = Object.keys(SCENES).map((name, scene) => {
    const own = runs.map((run) => run[scene]!);
    const ratios = runs.map((run) => run[scene]!.share / run[0]!.share).sort((one, other) => one - other);
    const middle = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[RUNS >> 1]!;
    const ofAll = own.map(({ share }) => share * 100);
    return [name, middle(ofAll), ratios[0]!, middle(ratios), ratios.at(-1)!, middle(own.map(({ memory }) => memory))];
  });
  const ratio = (name: string) => ({ name, digits: 2 });
  return [
    {
      title:
        `${GATEWAYS} gateways, each address of which is probed once a second, in IPv4, in IPv6 and in both, at the same time; ${RUNS} ` +
        `runs of ${MEASURED_MS / 1000} seconds after a warm-up of ${WARM_UP_MS / 1000}. The ratio is that of the processor time to ` +
        "that of IPv4 in the same run",
      columns: [
        { name: "families" },
        { name: "median share of a core", digits: 2, unit: "%" },
        ratio("least ratio"),
        ratio("median ratio"),
        ratio("greatest ratio"),
        { name: "private MiB", digits: 1 },
      ],
      rows,
    },
  ];
}

interface Measured {
  /** Of a core. */
  readonly share: number;
  /** Private memory, in MiB. */
  readonly memory: number;
}

async function measure(flags: Flags): Promise<Measured> {
  const lab = await Lab.open({ gateways: GATEWAYS, shared: true, ipv6: true });
  try {
    const daemon = lab.start({ ...CALM, ...flags, "log-level": "info" });
    await daemon.untilReady();
    await Bun.sleep(WARM_UP_MS);
    const usage = watchProcessor(daemon.pid);
    await Bun.sleep(MEASURED_MS);
    const { all: share } = usage();
    const { anonymous: memory } = memoryOf(daemon.pid);
    await daemon.stop();
    return { share, memory };
  } finally {
    lab.close();
  }
}
