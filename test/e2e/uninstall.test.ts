/** What the install script says is left in the kernel after a service that was killed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { SYSTEM_PATH } from "./lab/executable.ts";
import { openLab } from "./lab/index.ts";
import { POOLS_FILE } from "./lab/pools.ts";

setDefaultTimeout(60_000);

const INSTALL = join(import.meta.dir, "../../scripts/install");

/** The kill switch of a pool, several rules with one preference, and the rules for probes. */
const FILE = `${POOLS_FILE.replace('from = ["10.78.0.0/24"]', 'from = ["10.78.0.0/24", "10.79.0.0/24"]').replaceAll(
  /^name = "(sweden|norway)"$/gm,
  '$&\nprobes = ["health"]',
)}
[probe.beyond]
type = "tcp"
targets = ["198.51.100.1:443"]
`;

test("the commands that the uninstallation prints remove everything that several pools have left", async () => {
  const lab = await openLab();
  const before = await lab.snapshot();
  const daemon = lab.startWithFile(FILE);
  await daemon.untilReady();
  await daemon.kill();
  const runHere = (script: string): string => {
    const { stdout } = lab.router.enter(() => Bun.spawnSync(["sh", "-c", script], { env: { PATH: SYSTEM_PATH } }));
    return stdout.toString();
  };
  const printed = runHere(`sh ${INSTALL} --uninstall --service none --dry-run --prefix /nowhere`);
  const commands = printed.split("\n").filter((line) => /^ {2}ip /.test(line));
  expect(commands.length).toBeGreaterThan(0);
  runHere(commands.join("\n"));
  expect(await lab.rules()).toEqual(expect.not.arrayContaining([expect.objectContaining({ protocol: "173" })]));
  expect(await lab.snapshot()).toBe(before);
});
