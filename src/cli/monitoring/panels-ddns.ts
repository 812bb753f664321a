import type { AddressState } from "../../ddns/events.ts";
import { COLOURS, type Draft, words } from "./grafana.ts";
import { graph } from "./graph.ts";
import { LIMITS } from "./limits.ts";
import { happened, of, ofGateways, percentile, sum } from "./queries.ts";
import { stat } from "./stat.ts";
import { timeline } from "./timeline.ts";

const { good, doubtful, bad, plain } = COLOURS;

/** States of a public address, by the number that stands for each in the graph. */
const STATES = ["inactive", "unknown", "kept", "known"] as const satisfies readonly AddressState[];

/** The DNS name; without values where there is none. */
export const ddns: readonly Draft[] = [
  stat({
    title: "Records verified",
    description: "How long ago the records were last read and right. They are read every 15 minutes at least.",
    size: [6, 4],
    unit: "s",
    decimals: 0,
    queries: [["", `time() - (${of("ddns_last_verified_time_seconds")} > 0)`]],
    steps: [good, [LIMITS.ddnsUnverifiedSeconds, bad]],
    noValue: "never, or no DNS name",
  }),
  stat({
    title: "Public addresses",
    description: "Different public addresses of the active gateways.",
    size: [6, 4],
    queries: [["", of("unique_public_ips_count")]],
  }),
  graph({
    title: "Updates",
    description:
      "Updates of the records, and runs that had nothing to change or nothing to say (another router is on duty).",
    size: [12, 8],
    queries: [
      ["{{status}}", sum(happened(of("ddns_updates_total")), "status")],
      ["{{reason}}", sum(happened(of("ddns_updates_skipped_total")), "reason")],
    ],
    shape: "bars",
  }),
  graph({
    title: "Failures at the provider",
    description:
      "passing ones are tried again soon. For the others somebody has to mend the key, the name or the account.",
    size: [12, 8],
    queries: [["{{kind}}", sum(happened(of("ddns_errors_total")), "kind")]],
    shape: "bars",
  }),
  graph({
    title: "Time of an update, of a look-up",
    description: "95 of 100 took no longer than this.",
    size: [12, 8],
    unit: "s",
    queries: [
      ["update", percentile(95, of("ddns_update_duration_seconds"))],
      ["look-up of a public address", percentile(95, of("public_ip_fetch_duration_seconds"))],
    ],
  }),
  timeline({
    title: "Public address of each gateway",
    description:
      "known: just told. kept: look-ups fail, an earlier answer holds. unknown: nobody has told it. inactive: the gateway carries no traffic.",
    size: [12, 8],
    query: [
      "{{gateway_ip}}",
      sum(
        STATES.map((state, index) => `${ofGateways("gateway_public_ip_state", `state='${state}'`)} * ${index}`).join(
          " or ",
        ),
        "gateway_ip",
      ),
    ],
    mappings: words({ "0": ["inactive", plain], "1": ["unknown", bad], "2": ["kept", doubtful], "3": ["known", good] }),
  }),
  graph({
    title: "Look-ups of public addresses that fail",
    description: "Each active gateway is asked again after -public-ip-refresh, sooner after a failure.",
    size: [12, 8],
    queries: [["{{gateway_ip}}", `${happened(ofGateways("public_ip_fetch_total", "status='failure'"))} > 0`]],
    shape: "bars",
  }),
  graph({
    title: "Changes of public addresses",
    description: "How often a gateway told another address than before.",
    size: [12, 8],
    queries: [["changes", happened(of("public_ip_changes_total"))]],
    shape: "bars",
  }),
];
