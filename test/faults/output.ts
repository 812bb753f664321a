/** What becomes of the log. */
import { expect } from "bun:test";
import { openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:fs";
import { dirname } from "node:path";
import { answering, refusing } from "../e2e/lab/index.ts";
import { run } from "../e2e/lab/namespace.ts";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

/** Runs the executable with its streams as a shell says. */
const redirected = (streams: string) => ({ wrapper: ["sh", "-c", `exec "$@" ${streams}`, "sh"] });

/** A gateway leaves and returns: three things to log, and the routes to change. */
async function workOn({ lab, healthy, untilHealthy }: Scene): Promise<void> {
  lab.gateway(3).becomes(refusing);
  await untilHealthy(healthy.filter((number) => number !== 3));
  lab.gateway(3).becomes(answering(200));
  await untilHealthy(healthy);
}

/** The service works with its streams like this. */
function works(name: string, streams: string): Fault {
  return {
    name,
    promise: "works on",
    async run(scene) {
      scene.hasLog = false;
      await scene.settle({}, redirected(streams));
      await workOn(scene);
      return "a gateway left and returned";
    },
  };
}

export const outputFaults: readonly Fault[] = [
  works("standard output on a full disk (/dev/full)", ">/dev/full"),
  works("standard error on a full disk", "2>/dev/full"),
  works("standard output closed from the start", ">&-"),
  works("standard error closed from the start", "2>&-"),
  works("all three standard streams closed from the start", "<&- >&- 2>&-"),
  {
    name: "the reader of the log goes away",
    promise: "works on",
    async run(scene) {
      scene.hasLog = false;
      const daemon = await scene.settle();
      await daemon.log.close();
      await workOn(scene);
      return "a gateway left and returned";
    },
  },
  {
    name: "the reader of the log stalls, and goes on after thousands of lines",
    promise: "works on; the log says how many lines are lost",
    lab: { gateways: 100, shared: true },
    async run(scene) {
      scene.hasLog = false;
      const pipe = `${dirname(scene.lab.file("folder", ""))}/pipe`;
      await run(["mkfifo", pipe]);
      const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
      const flags = { "check-period": "200ms", timeout: "200ms", fall: 5 };
      const daemon = await scene.settle(flags, redirected(`>${pipe}`));
      const probes = async () => (await daemon.metrics()).value("gateway_health_check_total");
      await scene.lab.until("10,000 probes", probes, (count) => count > 10_000, 120_000);
      await workOn(scene);
      const log = Bun.spawn(["cat"], { stdin: reader, stdout: "pipe" });
      let text = "";
      const decoder = new TextDecoder();
      const reading = (async () => {
        for await (const chunk of log.stdout) text += decoder.decode(chunk, { stream: true });
      })();
      const lost = /\bdropped=(\d+)/;
      await scene.lab.until("a line that counts the lost ones", () => lost.exec(text)?.[1], Boolean);
      log.kill();
      await reading;
      return `${lost.exec(text)![1]} lines lost and counted, +${scene.memoryGrowth} MiB`;
    },
  },
  {
    name: "the log is a file on a disk that fills up and gets room again",
    promise: "works on, and the log goes on where it was cut",
    lab: { gateways: 50, shared: true },
    async run(scene) {
      scene.hasLog = false;
      const folder = dirname(scene.lab.file("folder", ""));
      await run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder]);
      scene.afterwards(() => void Bun.spawnSync(["umount", "-l", folder]));
      const log = `${folder}/log`;
      writeFileSync(`${folder}/other`, Buffer.alloc(40_000));
      const daemon = await scene.settle({}, redirected(`>>${log}`));
      await scene.lab.until(
        "a full disk",
        () => statSync(log).size,
        (size) => size >= 16_000,
      );
      await daemon.untilRounds(5);
      const full = statSync(log).size;
      rmSync(`${folder}/other`);
      await workOn(scene);
      await scene.lab.until(
        "more log",
        () => statSync(log).size,
        (size) => size > full + 2000,
      );
      const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
      expect(lines.filter((line) => !line.startsWith("time=") || line.slice(1).includes("time="))).toEqual([]);
      expect(lines.filter((line) => line.includes("dropped="))).toEqual([]);
      return "no line lost or cut";
    },
  },
];
