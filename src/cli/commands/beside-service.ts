import { loadConfig } from "../../config/load.ts";
import type { Surroundings } from "../../config/parse.ts";
import { placesBeside } from "../../config/places-beside.ts";
import { askService } from "../../control/client.ts";
import { controlSocketOf } from "../../service/own-files.ts";
import { poolsIn } from "../../service/places-answer.ts";
import { HERE, type Invocation, OF_SERVICE } from "./command.ts";

/** A service that runs answers at once. */
const LIMIT_MS = 2000;

/**
 * The surroundings of commands that show what a service does, or would do. Where it runs with a file, its pools have the
 * places that a reload of this file would give them, and else those of a start.
 */
export async function besideService({ flags }: Pick<Invocation, "flags">): Promise<Surroundings> {
  const alone = await loadConfig(flags, OF_SERVICE);
  if (!alone.ok || alone.config.service.config === undefined) return HERE;
  const socket = controlSocketOf(alone.config);
  if (socket === undefined) return HERE;
  const reply = await askService(socket, { command: "places" }, LIMIT_MS);
  const running = reply.reached && reply.answer.ok ? poolsIn(reply.answer.result) : undefined;
  return running === undefined ? HERE : { ...HERE, placesOf: placesBeside(running) };
}
