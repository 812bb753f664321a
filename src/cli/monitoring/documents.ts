import type { Config } from "../../config/model.ts";
import { formatDuration } from "../../net/duration.ts";
import alertsTemplate from "./alerts.yaml" with { type: "text" };
import dashboardTemplate from "./dashboard.json" with { type: "text" };
import { fill } from "./fill.ts";

/** The part of `-timeout` above which an answer is slow: GatewaySlow fires, and the dashboard turns orange. */
const SLOW = 0.5;

/** The name of each gateway as a label, of its IPv6 address with that word: without a name it is the address. */
const GIVEN =
  "label_replace(label_join(gateway_info{instance='$instance'}, 'both', ' ', 'gateway_name', 'gateway_ip'), " +
  "'gateway_name', '$1 (IPv6)', 'both', '(.*) [^ ]*:[^ ]*')";
const NAMES =
  `(${GIVEN} or on (gateway_ip) label_replace(` +
  "consecutive_failures_count{instance='$instance'} >= bool 0, 'gateway_name', '$1', 'gateway_ip', '(.*)'))";

/** What gives series of gateways their names, for legends. */
const NAMED = ` * on (gateway_ip) group_left (gateway_name) ${NAMES}`;

/**
 * The dashboard as Grafana imports it, from version 10 on, in JSON.
 *
 * @param timeout of a probe, in milliseconds: latencies are coloured by it
 */
export function dashboard(timeout: number): string {
  const template = dashboardTemplate as unknown as string; // TypeScript goes by the name of the file
  return fill(template, { SLOW_SECONDS: (timeout * SLOW) / 1000, TIMEOUT_SECONDS: timeout / 1000, NAMED });
}

/**
 * Parts of the texts of alerts, as templates of Prometheus: the pool before and after what it has, where pools have names,
 * the family, where both are routed, and the DNS name, where a pool has several.
 */
const POOL_OF = "{{ with $labels.pool }}pool {{ . }} of {{ end }}";
const OF_POOL = "{{ with $labels.pool }} of pool {{ . }}{{ end }}";
const NAME_OF = "{{ with $labels.hostname }}{{ . }} {{ end }}of ";
const IN_FAMILY = '{{ with $labels.family }} in {{ . | reReplaceAll "^ip" "IP" }}{{ end }}';

/** A gateway as people know it: its name with its address, where it has a name. */
const NAME_QUERY = "gateway_info{instance=%q,gateway_ip=%q,gateway_name!=%[2]q}";
const GATEWAY =
  `{{ with printf "${NAME_QUERY}" $labels.instance $labels.gateway_ip | query }}` +
  `{{ . | first | label "gateway_name" }} ({{ $labels.gateway_ip }}){{ else }}{{ $labels.gateway_ip }}{{ end }}`;

/**
 * The alerts as a rule file of Prometheus, in YAML.
 *
 * @param timeout of a probe, in milliseconds: what is slow is measured by it
 */
export function alertRules(timeout: number): string {
  const limits = { SLOW_SECONDS: (timeout * SLOW) / 1000, TIMEOUT: formatDuration(timeout) };
  return fill(alertsTemplate, { ...limits, GATEWAY, POOL_OF, OF_POOL, NAME_OF, IN_FAMILY });
}

/**
 * The timeout by which gateways are called slow, in milliseconds. Of several probes of gateways it is the longest: a gateway
 * that has longer than another one is not slow because of that.
 */
export function timeoutOf({ probes, publicIp }: Pick<Config, "probes" | "publicIp">): number {
  const timeouts = probes.flatMap((probe) => (probe.kind === "gateway" ? probe.timeout : []));
  return timeouts.length === 0 ? publicIp.timeout : Math.max(...timeouts);
}
