import type { ServiceEvent } from "../events/events.ts";
import type { Channel } from "../events/hooks.ts";
import { createUnsentWatch } from "../pool/unsent-probes.ts";
import type { Report, Status } from "./schema.ts";

/*
 * Which faults count for the verdict, besides the gateways and what the kernel holds (verdict.ts). The rule: a service is
 * healthy only while it does everything that its configuration says.
 *
 * Counted, as degraded:
 *
 * - records of a DNS name that cannot be kept right: at once where a person has to act, else from the third failure in a row
 *   on (ddns/lasting.ts); and those that the servers of -ddns-verify lastingly do not show
 * - a rule or a route of another program that takes some of the packets (all of them: down)
 * - the last notification of a hook, if it was not delivered: what it said is known to no one
 * - a configuration file with problems: the next start would fail
 * - ip monitor that does not run, probes that cannot be sent, a service that hangs: what is shown may be old
 *
 * Not counted, since everything is as configured, but shown or logged:
 *
 * - gateways that are drained, and rules that lead packets with a mark, or for which main has a route, to the main table
 * - a target that is at fault itself: the others decide
 * - a public or exit address that is unknown, or shared by gateways: traffic flows, and DNS keeps the last one
 * - records that this machine may not write (-ddns-require-ip-address): another one does
 * - what is left out from the start on and stays so: IPv6 that this machine does not have, a route inside a network of this
 *   machine, networks of an interface that cannot be read. The start logs it, and check names the remedy.
 */

type Verdict = Pick<Status, "verdict" | "why">;

/** The verdict with further faults, which make a healthy one degraded; the worst one stays as it is. */
export function withFaults({ verdict, why }: Verdict, faults: readonly string[]): Verdict {
  if (faults.length === 0) return { verdict, why };
  if (verdict === "healthy") return { verdict: "degraded", why: [...faults, why].join("; ") };
  return { verdict, why: [why, ...faults].join("; ") };
}

const FLAGS: Readonly<Record<Channel, string>> = { command: "-on-change", webhook: "-webhook-url" };

/** Faults of the service as a whole, by its events. */
export class ServiceFaults {
  readonly #hooks = new Map<Channel, string>();
  readonly #watchUnsent = createUnsentWatch();
  #unsent: string | undefined;
  #unwatched = false;

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "hook-run":
        if (event.problem === undefined) this.#hooks.delete(event.channel);
        else this.#hooks.set(event.channel, event.problem);
        break;
      case "watching":
        this.#unwatched = event.trouble !== undefined;
        break;
      case "reload":
        if (event.problems.length === 0) this.#hooks.clear(); // the hooks may be others
        break;
      case "probe":
      case "cycle": {
        const news = this.#watchUnsent(event);
        if (news !== undefined) this.#unsent = news === "sent" ? undefined : news.unsent;
        break;
      }
    }
  }

  /** Each as a clause. */
  list(alive: Report, { configuration }: Pick<Status["service"], "configuration">): string[] {
    return [
      ...(alive.ok ? [] : ["the service hangs"]),
      ...(this.#unsent === undefined ? [] : [`probes cannot be sent: ${this.#unsent}`]),
      ...(configuration?.rejected ? ["the configuration file has problems"] : []),
      ...(this.#unwatched ? ["changes by other programs are detected late, since ip monitor does not run"] : []),
      ...[...this.#hooks].map(([channel, problem]) => `the last notification of ${FLAGS[channel]} failed: ${problem}`),
    ];
  }
}
