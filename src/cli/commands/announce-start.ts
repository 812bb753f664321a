import { totalmem } from "node:os";

import type { Config } from "../../config/model.ts";
import { firstAddresses, readForwarding, readHash } from "../../diagnose/host-facts.ts";
import { readCommand } from "../../diagnose/hook-targets.ts";
import { memoryLimit } from "../../diagnose/memory-limit.ts";
import { startNotes } from "../../diagnose/start-notes.ts";
import type { Log } from "../../log/log.ts";

/** Logs what a reader of the log wants to know once, at the start. */
export function announceStart(config: Config, log: Log): void {
  const { onChange } = config.service;
  const facts = {
    forwarding: readForwarding(),
    hash: { 4: readHash(4), 6: readHash(6) },
    command: onChange === undefined ? undefined : readCommand(onChange[0]!),
    addresses: firstAddresses(),
    memory: { limit: memoryLimit(), total: totalmem() },
  };
  for (const { level, text } of startNotes(config, facts)) log(level, text);
}
