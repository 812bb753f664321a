import { realpathSync } from "node:fs";
import { resolve } from "node:path";

import { type Handler, OTHER_FILE, problem } from "../control/protocol.ts";
import { quote } from "../text/escape.ts";

type Handlers = Readonly<Record<string, Handler>>;

/**
 * Declines requests that are for a service with another configuration file: without it a mistyped path, or a file whose
 * settings cannot be read, would reach another instance, whose socket is where the defaults say.
 *
 * @param own the file of this service
 */
export function forFile(own: string | undefined, handlers: Handlers): Handlers {
  const guarded = Object.entries(handlers).map(([command, handler]): [string, Handler] => [
    command,
    async (request) => {
      const asked = request["config"];
      return typeof asked !== "string" || isSame(asked, own) ? handler(request) : otherFile(asked, own);
    },
  ]);
  return Object.fromEntries(guarded);
}

function isSame(asked: string, own: string | undefined): boolean {
  return own !== undefined && (asked === resolve(own) || realPath(asked) === realPath(own));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path); // it may be missing for a moment, or in a folder that this user cannot read
  }
}

function otherFile(asked: string, own: string | undefined) {
  const its = own === undefined ? "no configuration file" : `the configuration file ${quote(resolve(own))}`;
  return problem(
    OTHER_FILE,
    `the service that answers has ${its}, and not ${quote(asked)}`,
    "check -config, or add the -control-socket or -first-routing-table-id of the service that is meant",
  );
}
