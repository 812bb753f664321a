import type { Emit } from "../events/events.ts";
import { formatCidr } from "../net/cidr.ts";
import { roughly } from "./duration.ts";
import type { Diversion } from "../routing/diversions.ts";
import { commandText } from "../routing/iproute2/batch.ts";
import { leftoversText } from "../routing/leftovers-text.ts";
import { failureText } from "../text/failure.ts";
import type { KernelError } from "../routing/types.ts";
import {
  describeConflict,
  describeDiversion,
  describeFight,
  describeRepair,
  describeSkippedLink,
  diverterText,
} from "./describe.ts";
import type { Log } from "./log.ts";

/** Entries that one line names at most. */
const MAX_ENTRIES = 8;

/** Rules one by one, which are few; all routes together, of which another program may make thousands. */
function groupsOf(diverters: readonly (readonly [string, Diversion])[]): (readonly [Diversion, ...Diversion[]])[] {
  const all = diverters.map(([, one]) => one);
  const [first, ...others] = all.filter((one) => !("rule" in one));
  const rules = all.flatMap((one) => ("rule" in one ? [[one] as const] : []));
  return first === undefined ? rules : [...rules, [first, ...others]];
}

function describeDiverters(
  [first, ...others]: readonly [Diversion, ...Diversion[]],
  verb: string,
  pluralVerb: string,
  describe: (one: Diversion) => string,
): string {
  const what = "rule" in first ? "rule" : "route";
  if (others.length === 0) return `a ${what} of another program ${verb}: ${describe(first)}`;
  return `${others.length + 1} ${what}s of other programs ${pluralVerb}, among them ${describe(first)}`;
}

/**
 * Logs what happens to the routes and rules of one pool.
 *
 * @param entryLog for lines that name entries of the kernel
 */
export function createRoutingLog(log: Log, entryLog = log): Emit {
  let trouble: KernelError | undefined;
  /** Rules and routes of other programs that keep packets from the gateways, by their text. */
  let diverting: ReadonlyMap<string, Diversion> = new Map();
  const logDiversions = (diversions: readonly Diversion[]): void => {
    const now = new Map(diversions.map((one) => [diverterText(one), one]));
    const added = [...now].filter(([text, one]) => diverting.get(text)?.extent !== one.extent);
    const gone = [...diverting].filter(([text]) => !now.has(text));
    for (const group of groupsOf(added)) {
      const what = describeDiverters(group, "comes first", "come first", describeDiversion);
      log("warn", `${what}; gateway-route-manager check names a remedy`);
    }
    const [one, several] = ["no longer keeps packets from the gateways", "no longer keep packets from the gateways"];
    for (const group of groupsOf(gone)) log("info", describeDiverters(group, one, several, diverterText));
    diverting = now;
  };
  return (event) => {
    switch (event.type) {
      case "trouble": {
        const { error, waitMs } = event;
        const isNew = error.code !== trouble?.code || error.detail !== trouble.detail;
        log(isNew ? "error" : "debug", `${error.detail}; next try in ${roughly(waitMs)}`);
        trouble = error;
        break;
      }
      case "settled":
        if (trouble) log("info", "the kernel holds what it should again");
        trouble = undefined;
        break;
      case "applied":
        for (const change of event.changes) log("debug", commandText(change));
        break;
      case "repaired":
        entryLog("warn", describeRepair(event.entries, MAX_ENTRIES));
        break;
      case "fight": {
        const wait = roughly(event.waitMs);
        const fight = describeFight(event.entries, MAX_ENTRIES);
        entryLog("warn", `${fight}; next repair in ${wait}; find that program with: ip monitor rule route`);
        break;
      }
      case "conflict":
        entryLog(
          "warn",
          `${describeConflict(event.entry, event.found)}; remove it, or choose another ${event.entry.object === "rule" ? "-first-probe-table-id" : "-first-routing-table-id"}`,
        );
        break;
      case "leftovers": {
        const what = `the earlier program has left ${leftoversText(event.leftovers)}, which are not touched without -take-over`;
        log(
          "warn",
          `${what}; stop that program if it still runs, and set -take-over, or remove them: ${event.removal}`,
        );
        break;
      }
      case "taken-over":
        log(
          "info",
          `taken over from the earlier program: ${leftoversText(event.leftovers)}; nothing else of it is left`,
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
        entryLog("warn", `route ${destination} is left out: it lies in ${network}, a network of this machine`);
        break;
      }
    }
  };
}
