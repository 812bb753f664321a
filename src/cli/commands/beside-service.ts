import { loadConfig } from "../../config/load.ts";
import type { Surroundings } from "../../config/parse.ts";
import { placesBeside, type RunningPool } from "../../config/places-beside.ts";
import { askOwnService } from "../../service/ask-service.ts";
import { controlSocketOf } from "../../service/own-files.ts";
import { poolsIn } from "../../service/places-answer.ts";
import { AT_WORK, HERE, type Invocation, OF_SERVICE } from "./command.ts";

/** A service that runs answers at once. */
const LIMIT_MS = 2000;

/** What the running service with the same file has, as far as it answers. */
interface BesideService {
  readonly surroundings: Surroundings;
  /** Its pools; none where there is no such service. */
  readonly running: readonly RunningPool[];
}

/**
 * The surroundings of commands that show what a service does, or would do. Where it runs with a file, its pools have the
 * places that a reload of this file would give them, and else those of a start, which keeps those of rules in the kernel.
 */
export async function besideService({ flags }: Pick<Invocation, "flags">): Promise<BesideService> {
  const alone = await loadConfig(flags, OF_SERVICE);
  if (!alone.ok || alone.config.service.config === undefined) return withoutService(HERE);
  const socket = controlSocketOf(alone.config);
  if (socket === undefined) return withoutService(AT_WORK);
  const reply = await askOwnService(socket, { command: "places" }, LIMIT_MS);
  const running = reply.reached && reply.answer.ok ? poolsIn(reply.answer.result) : undefined;
  if (running === undefined) return withoutService(AT_WORK);
  return { surroundings: { ...HERE, placesOf: placesBeside(running) }, running };
}

function withoutService(surroundings: Surroundings): BesideService {
  return { surroundings, running: [] };
}
