/** Somebody who is told of changes, in a lab. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";

import type { Notification } from "../../../src/hooks/notification.ts";
import { Receiver } from "../../fakes/receiver.ts";
import type { Lab } from "./lab.ts";
import { UPSTREAM } from "./network.ts";

const PORT = 8081;

/** A web service upstream, outside of the managed routes; it goes with the lab. */
export function openReceiver(lab: Lab): Receiver {
  const receiver = new Receiver(UPSTREAM, PORT, (action) => lab.upstream.enter(action));
  lab.explain("notifications by webhook", () => receiver.deliveries.map((one) => JSON.stringify(one)).join("\n"));
  lab.onClose(() => receiver.close());
  return receiver;
}

export interface Script {
  /** What -on-change is set to. */
  readonly command: string;
  /** The notifications that it has got. */
  readonly notifications: Notification[];
}

/** A script that writes each notification into a file, which is `$1`, and then runs these lines. */
export function writeScript(lab: Lab, more = ""): Script {
  const file = lab.file("notifications", "");
  rmSync(file); // a file that is there was made by the script
  const path = lab.file("notify", `#!/bin/sh\ncat >>"$1"\n${more}\n`);
  const read = (): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
  lab.explain("notifications by command", read);
  return {
    command: `${path} ${file}`,
    get notifications() {
      const lines = read().split("\n").slice(0, -1);
      return lines.map((line) => JSON.parse(line) as Notification);
    },
  };
}

/** Processes of this machine whose command line holds a text. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
      return /^\d+$/.test(pid) && line.includes(text) ? [Number(pid)] : [];
    } catch {
      return []; // gone meanwhile
    }
  });
}
