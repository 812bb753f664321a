/** What a program gets when something changes in one of two pools, or with a gateway that both have. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { addressOf, answering, openLab, refusing, writeScript } from "./lab/index.ts";

setDefaultTimeout(120_000);

const [SWEDEN, NORWAY] = [1, 2] as const;

/** The file gives its gateways the addresses from 10.77.0.10 on, the lab those from 10.77.0.11 on. */
const FILE = readFileSync(join(import.meta.dir, "../unit/config/file/pools.toml"), "utf8").replaceAll(
  /10\.77\.0\.1(\d)/g,
  (_, last) => addressOf(Number(last) + 1),
);

test("a program gets the pool of each event, or the pools of its gateway", async () => {
  const lab = await openLab({ gateways: 3 });
  const log = lab.file("events", "");
  const line = '"$HOOK_EVENT gateway=$HOOK_GATEWAY_NAME pool=${HOOK_POOL-none} pools=${HOOK_POOLS-none}"';
  const script = writeScript(lab, `echo ${line} >>${log}`);
  const daemon = lab.startWithFile(FILE, { "on-change": script.command });
  await daemon.untilReady();
  const until = (wanted: string): Promise<unknown> =>
    lab.until(
      `the event ${wanted}`,
      () => readFileSync(log, "utf8"),
      (text) => text.split("\n").includes(wanted),
    );

  lab.gateway(NORWAY).becomes(refusing);
  await until("gateway-down gateway=norway pool=none pools=vpn rest");
  await until("all-down gateway= pool=rest pools=none");
  lab.gateway(SWEDEN).becomes(refusing);
  await until("gateway-down gateway=sweden pool=none pools=vpn");
  await until("tier-changed gateway= pool=vpn pools=none");
  expect(await lab.run(["drain", "lte", "-force"])).toMatchObject({ status: 0 });
  await until("gateway-drained gateway=lte pool=none pools=vpn");
  expect(await lab.run(["undrain", "lte"])).toMatchObject({ status: 0 });
  await until("gateway-undrained gateway=lte pool=none pools=vpn");
  lab.gateway(NORWAY).becomes(answering(200));
  await until("gateway-up gateway=norway pool=none pools=vpn rest");
  await until("any-up gateway= pool=rest pools=none");
});
