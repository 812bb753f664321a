/**
 * What a released version leaves in the kernel when it was killed, or stopped with -on-exit keep. scripts/test-upgrade runs
 * that version; other runs of the tests take a record of it, since a checkout may have no other commit than its own.
 */
import { readFileSync, writeFileSync } from "node:fs";

import { answering, refusing } from "../../fakes/gateway.ts";
import { type Flags, flagArguments } from "./executable.ts";
import { type Lab, PROTOCOL } from "./lab.ts";
import type { Namespace } from "./namespace.ts";

/** The executable of the released version, and whether what it leaves is recorded. */
export const RELEASED = process.env["RELEASED"];
const RECORDS = process.env["RECORD"] === "yes";

const FOLDER = new URL("../../fixtures/released/", import.meta.url).pathname;

/** A run of the released version. */
export interface Past {
  /** The name of its record. */
  readonly name: string;
  readonly flags: Flags;
  /** The gateways that had failed, one set after the other; the last one still has. */
  readonly failures?: readonly (readonly number[])[];
}

/** Brings the kernel into the state in which the released version leaves it. */
export async function leaveReleased(lab: Lab, past: Past): Promise<void> {
  const path = `${FOLDER}${past.name}.txt`;
  if (RELEASED === undefined) {
    setFailed(lab, past.failures?.at(-1) ?? []);
    return lab.router.batch(linesOf(readFileSync(path, "utf8")));
  }
  await runReleased(lab, past, RELEASED);
  const state = await stateOf(lab.router, past.flags);
  if (RECORDS) writeFileSync(path, state);
  else if (state !== readFileSync(path, "utf8")) {
    throw new Error(`${path} is no record of this version; scripts/test-upgrade --record writes it anew:\n${state}`);
  }
}

async function runReleased(lab: Lab, { flags, failures = [] }: Past, executable: string): Promise<void> {
  const daemon = lab.start(flags, { executable });
  await daemon.untilReady();
  for (const failed of failures) {
    setFailed(lab, failed);
    await daemon.untilMetrics(`${failed.length} failed gateways`, (it) => {
      const up = lab.gateways.length - failed.length;
      return it.value("gateway_active_count") === up && it.value("default_route_gateways_count") === up;
    });
  }
  await daemon.untilRounds(2);
  if (flags["on-exit"] === "keep") await daemon.stop();
  else await daemon.kill();
}

function setFailed(lab: Lab, failed: readonly number[]): void {
  for (const [index, gateway] of lab.gateways.entries()) {
    gateway.becomes(failed.includes(index + 1) ? refusing : answering(200));
  }
}

/** All rules and routes of the service, as lines for `ip -batch`. */
async function stateOf(space: Namespace, flags: Flags): Promise<string> {
  const own = (text: string): string[] => linesOf(text).filter((line) => `${line} `.includes(` proto ${PROTOCOL} `));
  const rules = own(await space.ip("-4", "rule"));
  const routes = own(await space.ip("-4", "-o", "route", "show", "table", "all"));
  const lines = [
    ...rules.map((line) => `rule add preference ${line.replace(":", "")}`),
    ...routes.map((line) => `route add ${line.replaceAll("\\", "")}`),
  ];
  const text = lines.map((line) => `${line.replaceAll(/\s+/g, " ").trim()}\n`).join("");
  return `# ${flagArguments(flags).join(" ")}\n${text}`;
}

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");
