/** Faults of standard output and standard error, to which the log goes. */
import { expect } from "bun:test";
import { openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:fs";
import { dirname } from "node:path";
import { answering, refusing } from "../e2e/lab/index.ts";
import { run } from "../e2e/lab/namespace.ts";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

/** Runs the executable with these redirections of a shell. */
const redirected = (streams: string) => ({ wrapper: ["sh", "-c", `exec "$@" ${streams}`, "sh"] });

/** Makes a gateway fail and return, which changes the route twice and logs several lines. */
async function failAndReturn({ lab, healthy, untilHealthy }: Scene): Promise<void> {
  lab.gateway(3).becomes(refusing);
  await untilHealthy(healthy.filter((number) => number !== 3));
  lab.gateway(3).becomes(answering(200));
  await untilHealthy(healthy);
}

/** The service continues with its streams redirected like this. */
function continues(name: string, streams: string): Fault {
  return {
    name,
    promise: "the service continues",
    async run(scene) {
      scene.hasLog = false;
      await scene.settle({}, redirected(streams));
      await failAndReturn(scene);
      return "a gateway left the route and returned";
    },
  };
}

export const outputFaults: readonly Fault[] = [
  continues("standard output is a full disk (/dev/full)", ">/dev/full"),
  continues("standard error is a full disk (/dev/full)", "2>/dev/full"),
  continues("standard output is closed at the start", ">&-"),
  continues("standard error is closed at the start", "2>&-"),
  continues("all three standard streams are closed at the start", "<&- >&- 2>&-"),
  {
    name: "the reader of the log closes the pipe",
    promise: "the service continues",
    async run(scene) {
      scene.hasLog = false;
      const daemon = await scene.settle();
      await daemon.log.close();
      await failAndReturn(scene);
      return "a gateway left the route and returned";
    },
  },
  {
    name: "the reader of the log pauses for thousands of lines",
    promise: "the service continues; the log counts the dropped lines",
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
      await failAndReturn(scene);
      const log = Bun.spawn(["cat"], { stdin: reader, stdout: "pipe" });
      let text = "";
      const decoder = new TextDecoder();
      const reading = (async () => {
        for await (const chunk of log.stdout) text += decoder.decode(chunk, { stream: true });
      })();
      const dropped = /\bdropped=(\d+)/;
      await scene.lab.until("a line with the number of dropped lines", () => dropped.exec(text)?.[1], Boolean);
      log.kill();
      await reading;
      return `${dropped.exec(text)![1]} lines dropped and counted, ${scene.memoryText}`;
    },
  },
  {
    name: "the log is a file on a disk that is full for a while",
    promise: "the service continues; no line of the log is lost or cut",
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
      await failAndReturn(scene);
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
