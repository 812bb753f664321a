import { writeFileSync } from "node:fs";

import { askService } from "../../src/control/client.ts";
import { Lab } from "../../test/e2e/lab/index.ts";
import { fileOf, GATEWAYS, type Scene, SCENES } from "./pools.ts";
import { quantile } from "./statistics.ts";
import type { Table } from "./table.ts";

const RELOADS = 20;

/** A change of the file; another one takes it back. */
interface Change {
  readonly name: string;
  readonly make: (file: string) => string;
}

const CHANGES: readonly Change[] = [
  { name: "nothing", make: (file) => file },
  { name: "fall of the probe", make: (file) => file.replace("timeout =", "fall = 3\ntimeout =") },
  { name: "a weight in one pool", make: weighted },
  { name: "the name of one pool", make: (file) => file.replace('"p0"', '"other"') },
  {
    name: "excluded networks of all pools",
    make: (file) => file.replaceAll("[[pool]]", '[[pool]]\nexclude = ["9.0.0.0/8"]'),
  },
];

function weighted(file: string): string {
  return file.replace(/(members = \[\{ gateway = "[^"]+")/, "$1, weight = 2");
}

/** How long a reload takes, from the command to its answer, which comes when the kernel holds what the file says. */
export async function reloads(): Promise<Table[]> {
  const rows: (string | number)[][] = [];
  for (const scene of SCENES) rows.push(...(await measure(scene)));
  const milliseconds = (name: string) => ({ name, digits: 0, unit: "ms" });
  return [
    {
      title:
        `${GATEWAYS} gateways. A change of the file is made and taken back, ${RELOADS} reloads in all: the time from the request to ` +
        "the answer, which comes when the kernel holds what the file says",
      columns: [
        { name: "pools" },
        { name: "what changes" },
        milliseconds("median"),
        milliseconds("90 %"),
        milliseconds("longest"),
      ],
      rows,
    },
  ];
}

async function measure({ name, pools, members }: Scene): Promise<(string | number)[][]> {
  const lab = await Lab.open({ gateways: GATEWAYS, shared: true });
  try {
    const file = fileOf(pools, members);
    const daemon = lab.startWithFile(file, { "log-level": "info" });
    await daemon.untilReady();
    await daemon.untilRounds(2);
    const path = String(daemon.flags["config"]);
    const reload = async (text: string): Promise<number> => {
      writeFileSync(path, text);
      const start = performance.now();
      const reply = await askService(lab.ownFiles()["GRM_CONTROL_SOCKET"]!, { command: "reload" });
      const took = performance.now() - start;
      if (!reply.reached || !reply.answer.ok) throw new Error(`the reload failed: ${JSON.stringify(reply)}`);
      return took;
    };
    const rows: (string | number)[][] = [];
    for (const { name: change, make } of CHANGES) {
      const times: number[] = [];
      for (let round = 0; round < RELOADS; round++) times.push(await reload(round % 2 === 0 ? make(file) : file));
      rows.push([name, change, quantile(times, 0.5), quantile(times, 0.9), Math.max(...times)]);
    }
    await daemon.stop();
    return rows;
  } finally {
    lab.close();
  }
}
