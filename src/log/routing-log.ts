import type { Emit } from "../events/events.ts";
import { formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import type { Diversion } from "../routing/diversions.ts";
import { commandOf } from "../routing/iproute2/batch.ts";
import { ruleText } from "../routing/iproute2/policy-rules.ts";
import { failureText } from "../text/failure.ts";
import type { KernelError } from "../routing/types.ts";
import { describeConflict, describeDiversion, describeFight, describeRepair, describeSkippedLink } from "./describe.ts";
import type { Log } from "./log.ts";

/** Entries that one line names at most. */
const MAX_ENTRIES = 8;

/** Logs what happens to the routes and rules of one pool. */
export function createRoutingLog(log: Log): Emit {
  let trouble: KernelError | undefined;
  /** Rules of other programs that keep packets from the gateways, with their extent. */
  let diverting: ReadonlyMap<string, Diversion["extent"]> = new Map();
  const logDiversions = (diversions: readonly Diversion[]): void => {
    const now = new Map(diversions.map(({ rule, extent }) => [ruleText(rule), extent]));
    for (const one of diversions) {
      if (diverting.get(ruleText(one.rule)) === one.extent) continue;
      const text = describeDiversion(one);
      log("warn", `a rule of another program comes first: ${text}; gateway-route-manager check names a remedy`);
    }
    for (const rule of diverting.keys()) {
      if (!now.has(rule)) log("info", `a rule of another program no longer keeps packets from the gateways: ${rule}`);
    }
    diverting = now;
  };
  return (event) => {
    switch (event.type) {
      case "trouble": {
        const { error, waitMs } = event;
        const isNew = error.code !== trouble?.code || error.detail !== trouble.detail;
        log(isNew ? "error" : "debug", `${error.detail}; next try in ${formatDuration(waitMs)}`);
        trouble = error;
        break;
      }
      case "settled":
        if (trouble) log("info", "the kernel holds what it should again");
        trouble = undefined;
        break;
      case "applied":
        for (const change of event.changes) log("debug", `ip ${commandOf(change).join(" ")}`);
        break;
      case "repaired":
        log("warn", describeRepair(event.entries, MAX_ENTRIES));
        break;
      case "fight": {
        const wait = formatDuration(event.waitMs);
        const fight = describeFight(event.entries, MAX_ENTRIES);
        log("warn", `${fight}; next repair in ${wait}; find that program with: ip monitor rule route`);
        break;
      }
      case "conflict":
        log(
          "warn",
          `${describeConflict(event.entry, event.found)}; remove it, or choose another -first-routing-table-id`,
        );
        break;
      case "preceded":
        logDiversions(event.diversions);
        break;
      case "link-skipped":
        log("warn", failureText(describeSkippedLink(event.link)));
        break;
      case "covered": {
        const [destination, network] = [formatCidr(event.destination), formatCidr(event.by)];
        log("warn", `route ${destination} is left out: it lies in ${network}, a network of this machine`);
        break;
      }
    }
  };
}
