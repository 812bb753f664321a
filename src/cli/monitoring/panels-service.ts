import { type Draft } from "./grafana.ts";
import { graph } from "./graph.ts";
import { happened, of, percentile, rate, sum } from "./queries.ts";

/** What the service itself takes, and whether it keeps its rhythm. */
export const service: readonly Draft[] = [
  graph({
    title: "Processor",
    description: "Part of one core.",
    size: [8, 8],
    unit: "percentunit",
    queries: [["processor", rate(of("process_cpu_seconds_total"))]],
  }),
  graph({
    title: "Memory",
    description: "Resident; most of it is pages of the executable itself, which the system can drop.",
    size: [8, 8],
    unit: "bytes",
    queries: [["resident", of("process_resident_memory_bytes")]],
  }),
  graph({
    title: "Open files and sockets",
    description: "Each probe takes one for a moment.",
    size: [8, 8],
    queries: [["open", of("process_open_fds")]],
  }),
  graph({
    title: "Slowest probe of a round",
    description: "A round is over when every gateway has been probed once.",
    size: [8, 8],
    unit: "s",
    queries: [50, 95].map((percent) => [`p${percent}`, percentile(percent, of("check_cycle_duration_seconds"))]),
  }),
  graph({
    title: "Rounds",
    description: "One in each -check-period while all is well.",
    size: [8, 8],
    unit: "cps",
    queries: [["rounds", rate(of("check_cycles_total"))]],
  }),
  graph({
    title: "Hooks",
    description: "Runs of -on-change and requests to -webhook-url, and notifications that did not get through.",
    size: [8, 8],
    queries: [
      ["{{hook}} {{status}}", sum(happened(of("hook_runs_total")), "hook", "status")],
      ["{{hook}} {{reason}}", sum(happened(of("hook_dropped_total")), "hook", "reason")],
    ],
    shape: "bars",
  }),
  graph({
    title: "Errors",
    description: "By type, of probes and of changes of routes.",
    size: [8, 8],
    unit: "cps",
    queries: [["{{type}}", sum(rate(of("errors_total")), "type")]],
    shape: "stack",
  }),
];
