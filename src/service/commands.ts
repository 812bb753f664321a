import type { Config } from "../config/model.ts";
import type { Handler } from "../control/protocol.ts";
import { openControlSocket } from "../control/server.ts";
import type { SocketError } from "../control/socket-file.ts";
import type { Log } from "../log/log.ts";
import { failureText } from "../text/failure.ts";
import { controlSocketOf } from "./own-files.ts";

/**
 * Lets commands reach the service. Where that is not possible it runs all the same, with a warning where commands are
 * expected: a unit or a container of an older version has no folder for the socket, and may never need it.
 *
 * @param expected whether commands are of use here; where the settings name a socket they are
 */
export async function openCommands(
  config: Config,
  handlers: Readonly<Record<string, Handler>>,
  expected: boolean,
  log: Log,
): Promise<{ stop(): void }> {
  const path = controlSocketOf(config, process.env);
  try {
    if (path !== undefined) return await openControlSocket(path, handlers);
  } catch (error) {
    const { message: detail, remedy } = error as SocketError;
    const level = expected || config.service.controlSocket !== undefined ? "warn" : "debug";
    log(level, `no command such as drain can reach this service: ${failureText({ detail, remedy })}`);
  }
  return { stop() {} };
}
