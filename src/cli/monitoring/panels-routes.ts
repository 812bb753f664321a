import { COLOURS, type Draft } from "./grafana.ts";
import { graph } from "./graph.ts";
import { happened, of, percentile, rate, sum } from "./queries.ts";

/** What the service does to the kernel, and what others do. */
export const routes: readonly Draft[] = [
  graph({
    title: "Gateways: healthy and in the kernel",
    description:
      "Those that the kernel's routes lack carry no traffic: they are held because they flap, or not on a network of the router. Kept ones are used without being healthy.",
    size: [12, 8],
    queries: [
      ["up", of("gateway_active_count")],
      ["in the kernel's routes", of("default_route_gateways_count")],
      ["cannot be a nexthop", of("gateways_refused_count")],
      ["held", of("gateways_held_count")],
      ["kept", of("gateways_kept_count")],
      ["all", of("gateway_total_count")],
    ],
    shape: "steps",
  }),
  graph({
    title: "Changes of managed routes",
    description: "By what was done. Each gateway that comes or goes replaces every managed route once.",
    size: [12, 8],
    queries: [
      [
        "{{operation}}",
        sum(happened(of("route_updates_total", "operation!='update'", "status='success'")), "operation"),
      ],
      ["failed", sum(happened(of("route_updates_total", "operation='update'", "status='failure'")))],
    ],
    shape: "bars",
  }),
  graph({
    title: "Time of a change",
    description: "From the start of a run that changes the kernel to its end.",
    size: [8, 8],
    unit: "s",
    queries: [50, 95].map((percent) => [`p${percent}`, percentile(percent, of("route_update_duration_seconds"))]),
  }),
  graph({
    title: "Repairs and conflicts",
    description:
      "Entries that somebody removed or altered and that were put back, and times another program held or kept undoing one.",
    size: [8, 8],
    queries: [
      ["{{object}} put back", sum(happened(of("routing_drift_repairs_total")), "object")],
      ["conflict", happened(of("routing_conflicts_total"))],
    ],
    steps: [COLOURS.good, [1, COLOURS.doubtful]],
    shape: "bars",
  }),
  graph({
    title: "Runs of ip",
    description: "Every look at the kernel and every change is a run of the command ip.",
    size: [8, 8],
    unit: "cps",
    queries: [["{{status}}", sum(rate(of("ip_commands_total")), "status")]],
    shape: "stack",
  }),
];
