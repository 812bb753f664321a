import { COLOURS, type Draft, words } from "./grafana.ts";
import { LIMITS } from "./limits.ts";
import { happenedInAll, of, sum } from "./queries.ts";
import { stat } from "./stat.ts";

const { good, doubtful, bad } = COLOURS;

/** 0 while no gateway carries traffic, 2 while all of them are up and carry some, else 1. */
const verdict = (() => {
  const [used, up, all] = ["default_route_gateways_count", "gateway_active_count", "gateway_total_count"].map(
    (metric) => of(metric),
  );
  return `(${used} > bool 0) + (${used} == bool ${all}) * (${up} == bool ${all})`;
})();

/** How the whole is, at a glance. */
export const overview: readonly Draft[] = [
  stat({
    title: "Verdict",
    description:
      "healthy: every gateway is up and in the kernel's routes. degraded: some are. down: no gateway carries traffic.",
    size: [4, 4],
    queries: [["", verdict]],
    mappings: words({ "0": ["down", bad], "1": ["degraded", doubtful], "2": ["healthy", good] }),
    noValue: "no answer",
  }),
  stat({
    title: "Gateways",
    description: "How many gateways are up, and how many there are.",
    size: [5, 4],
    queries: [
      ["up", of("gateway_active_count")],
      ["of", of("gateway_total_count")],
    ],
  }),
  stat({
    title: "In the kernel",
    description: "How many gateways the managed routes have, as last read back from the kernel.",
    size: [3, 4],
    queries: [["", of("default_route_gateways_count")]],
    steps: [bad, [1, good]],
  }),
  stat({
    title: "Kernel verified",
    description: "How long ago the kernel was last read and held what it should. It is read every 15 seconds at least.",
    size: [3, 4],
    unit: "s",
    decimals: 0,
    queries: [["", `time() - (${of("routing_last_verified_time_seconds")} > 0)`]],
    steps: [good, [LIMITS.unverifiedSeconds, bad]],
    noValue: "never",
  }),
  stat({
    title: "Flaps",
    description: "Changes of gateways from up to down in the time shown.",
    size: [3, 4],
    decimals: 0,
    queries: [["", sum(happenedInAll(of("gateway_flaps_total")))]],
    steps: [good, [1, doubtful]],
  }),
  stat({
    title: "Running for",
    description: "Time since the service started.",
    size: [3, 4],
    unit: "s",
    decimals: 0,
    queries: [["", of("application_uptime_seconds")]],
  }),
  stat({
    title: "Version",
    description: "The version of the program and the commit it was built from.",
    size: [3, 4],
    queries: [["{{version}} ({{commit}})", of("build_info")]],
    names: true,
  }),
];
