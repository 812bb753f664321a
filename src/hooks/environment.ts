import { escapeControls } from "../text/escape.ts";
import type { Notification } from "./notification.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that a program may need to run at all. All others stay with the service: secrets, its manager's sockets. */
const INHERITED = /^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR)$/;

/** Characters of one variable, far below the kernel's limit of 128 KiB (execve(2)). */
const MAX_LENGTH = 4096;

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment of a command: what it needs to run, and the notification for scripts that cannot read JSON. */
export function hookEnvironment(own: Environment, notification: Notification): Record<string, string> {
  const { event, time, message, up, total, gateway = "", reason = "" } = notification;
  const inherited = Object.entries(own).filter((entry): entry is [string, string] => INHERITED.test(entry[0]));
  const { pool, pools, gatewayName, family } = notification;
  const names = {
    ...(pool !== undefined && { pool }),
    ...(pools !== undefined && { pools: pools.join(" ") }),
    ...(gatewayName !== undefined && { gateway_name: gatewayName }),
    ...(family !== undefined && { family }),
  };
  const fields = { event, time, message, up, total, gateway, reason, ...names };
  return {
    PATH,
    ...Object.fromEntries(inherited),
    ...Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        `HOOK_${name.toUpperCase()}`,
        escapeControls(String(value).slice(0, MAX_LENGTH)),
      ]),
    ),
  };
}
