/** The two targets of hooks in a lab: a webhook receiver, and a script for -on-change. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";

import type { Notification } from "../../../src/hooks/notification.ts";
import { Receiver } from "../../fakes/receiver.ts";
import type { Lab } from "./lab.ts";
import { UPSTREAM } from "./network.ts";

const PORT = 8081;

/** A webhook receiver on the upstream host, at an address outside the managed routes. It is closed with the lab. */
export function openReceiver(lab: Lab): Receiver {
  const receiver = new Receiver(UPSTREAM, PORT, (action) => lab.upstream.enter(action));
  lab.explain("notifications to the webhook", () => receiver.deliveries.map((one) => JSON.stringify(one)).join("\n"));
  lab.onClose(() => receiver.close());
  return receiver;
}

export interface Script {
  /** The value for -on-change. */
  readonly command: string;
  /** The notifications that it has received, oldest first. */
  readonly notifications: Notification[];
}

/** A script that appends each notification to the file `$1` and then runs these lines of shell. */
export function writeScript(lab: Lab, lines = ""): Script {
  const file = lab.file("notifications", "");
  rmSync(file); // the script makes it
  const path = lab.file("notify", `#!/bin/sh\ncat >>"$1"\n${lines}\n`);
  const read = (): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
  lab.explain("notifications to the command", read);
  return {
    command: `${path} ${file}`,
    get notifications() {
      const lines = read().split("\n").slice(0, -1);
      return lines.map((line) => JSON.parse(line) as Notification);
    },
  };
}

/** The process ids of all processes of this machine whose command line contains a text. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
      return /^\d+$/.test(pid) && line.includes(text) ? [Number(pid)] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}
