import type { Config } from "../config/model.ts";
import type { Handler } from "../control/protocol.ts";
import { openControlSocket } from "../control/server.ts";
import type { SocketError } from "../control/socket-file.ts";
import type { Log } from "../log/log.ts";
import { failureText } from "../text/failure.ts";
import { controlSocketOf } from "./own-files.ts";

/** Lets commands reach the service. Where that is not possible it runs all the same, with a warning. */
export async function openCommands(
  config: Config,
  handlers: Readonly<Record<string, Handler>>,
  log: Log,
): Promise<{ stop(): void }> {
  const path = controlSocketOf(config, process.env);
  try {
    if (path !== undefined) return await openControlSocket(path, handlers);
  } catch (error) {
    const { message: detail, remedy } = error as SocketError;
    log("warn", `no command such as drain can reach this service: ${failureText({ detail, remedy })}`);
  }
  return { stop() {} };
}
