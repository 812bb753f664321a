import { escapeControls } from "../text/escape.ts";
import type { Notification } from "./notification.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What a program may need to run at all. Everything else stays with the service: secrets, and its manager's sockets. */
const PASSED_ON = /^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR)$/;

/** The kernel takes no more than 128 KiB for one variable (execve(2)); nobody wants to read that much. */
const LONGEST_VALUE = 4096;

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment of a command: what it needs to run, and the notification for scripts that cannot read JSON. */
export function hookEnvironment(own: Environment, notification: Notification): Record<string, string> {
  const { event, time, message, up, total, gateway = "", reason = "" } = notification;
  const passed = Object.entries(own).filter((entry): entry is [string, string] => PASSED_ON.test(entry[0]));
  const told = { event, time, message, up, total, gateway, reason };
  return {
    PATH,
    ...Object.fromEntries(passed),
    ...Object.fromEntries(
      Object.entries(told).map(([name, value]) => [
        `HOOK_${name.toUpperCase()}`,
        escapeControls(String(value).slice(0, LONGEST_VALUE)),
      ]),
    ),
  };
}
