import { answerFactsOf, droppedAnswers, serviceAnswerFactsOf } from "../config/answers.ts";
import { gatewaysInFamily } from "../config/families.ts";
import { addressesOf, type Config, probeTablesOf } from "../config/model.ts";
import type { Emit, ServiceEvent } from "../events/events.ts";
import type { Log } from "../log/log.ts";
import { readDefaultDevices } from "../routing/iproute2/inspect.ts";
import type { Kernel } from "../routing/kernel.ts";
import { failureText } from "../text/failure.ts";
import { readFilters } from "./reverse-path-filters.ts";

export interface AnswerWatchOptions {
  readonly config: Config;
  readonly kernel: Pick<Kernel, "observe">;
  readonly log: Log;
  /** Reads the interfaces of the default route. */
  readonly readDefaults?: () => Promise<readonly string[]>;
  readonly readFilters?: typeof readFilters;
  /** Wait after an event, in milliseconds: one reading serves all gateways that go down together. */
  readonly delayMs?: number;
}

/** Looks for answers that the reverse path filter drops, when gateways are down. */
export interface AnswerWatch {
  readonly record: Emit;
  /** From now on these are the pools and probes. */
  reload(config: Config): void;
  stop(): void;
}

/**
 * Warns where the reverse path filter drops all answers from beyond the gateways, once for each reason. The service
 * can do nothing about it, and all that the probes see is silence. It is looked for when a gateway is found down: before,
 * the default route of a machine that boots may not be there yet.
 */
export function createAnswerWatch(options: AnswerWatchOptions): AnswerWatch {
  const { log, kernel, delayMs = 500 } = options;
  const { readDefaults = readDefaultDevices, readFilters: filtersOf = readFilters } = options;
  let { config } = options;
  let last: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const look = async (): Promise<void> => {
    timer = undefined;
    const gateways = gatewaysInFamily(config.gateways, 4); // IPv6 has no such filter
    const [observed, defaults] = await Promise.all([
      kernel.observe(config.pools[0].table, addressesOf({ gateways })),
      readDefaults(),
    ]);
    const filters = filtersOf(observed.devices.values());
    const [dropped] = [answerFactsOf, serviceAnswerFactsOf].flatMap((factsOf) => {
      const facts = factsOf(config, observed, defaults);
      return (facts && droppedAnswers(filters, facts)) ?? [];
    });
    const text = dropped && failureText({ detail: `rp_filter: ${dropped.text}`, remedy: dropped.remedy });
    if (text !== undefined && text !== last) log("warn", text);
    last = text;
  };
  const lookSoon = (): void => {
    if (probeTablesOf(config) === undefined) return; // nothing is asked beyond the gateways
    // What cannot be read is reported where routes depend on it.
    timer ??= setTimeout(() => void look().catch(() => {}), delayMs);
  };
  return {
    record(event) {
      if (isDown(event)) lookSoon();
    },
    reload(changed) {
      config = changed;
      lookSoon();
    },
    stop: () => clearTimeout(timer),
  };
}

function isDown(event: ServiceEvent): boolean {
  return (event.type === "gateway" || event.type === "prober") && event.status === "down";
}
