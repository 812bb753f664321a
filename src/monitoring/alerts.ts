import { formatDuration } from "../net/duration.ts";
import { JOB, LIMITS } from "./limits.ts";

/** One alert. Its expression is `watch` and `fires` in a row, so that what is watched can be looked at by itself. */
export interface Alert {
  readonly name: string;
  readonly severity: "critical" | "warning";
  /** A query that has values all the time, as long as what it is about exists. */
  readonly watch: string;
  /** Which of those values are bad. */
  readonly fires: string;
  /** How long they have to stay so. */
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
  readonly remedy: string;
}

/** A rule file as Prometheus reads it. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: Alert["severity"] };
  readonly annotations: { readonly summary: string; readonly description: string; readonly remedy: string };
}

const ROUTER = "{{ $labels.instance }}";
const GATEWAY = "{{ $labels.gateway_ip }}";
const TIME = "{{ $value | humanizeDuration }}";

/** @param timeout of a probe, in milliseconds: what is slow is measured by it */
export function alerts(timeout: number): readonly Alert[] {
  return [...aboutService, ...aboutGateways(timeout), ...aboutRoutes, ...aboutDdns];
}

/** All alerts as a rule file. */
export function ruleFile(timeout: number): RuleFile {
  const rules = alerts(timeout).map(({ name, severity, watch, fires, for: lasting, summary, description, remedy }) => ({
    alert: name,
    expr: `${watch} ${fires}`,
    ...(lasting !== undefined && { for: lasting }),
    labels: { severity },
    annotations: { summary, description, remedy },
  }));
  return { groups: [{ name: JOB, rules }] };
}

/** What a person has to know of the rule file. */
export function ruleNotes(timeout: number): string[] {
  return [
    "For a file that rule_files of prometheus.yml names. Each alert has a summary, a description and a remedy.",
    `GatewaySlow goes by -timeout ${formatDuration(timeout)}: print this again with the flags of the service if that is another.`,
  ];
}

/** The README's table of alerts, with texts as they read when a service has its defaults. */
export function alertsMarkdown(): string {
  const rows = alerts(1000).map(({ name, severity, summary, for: lasting = "" }) => {
    const text = summary.replaceAll(ROUTER, "192.168.1.9:9090").replaceAll(GATEWAY, "192.168.1.10");
    return `| \`${name}\` | ${severity} | ${text.replace(/\{\{.*\}\}/, "access")} | ${lasting} |`;
  });
  return ["| Alert | Severity | Says | After |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

const aboutService: readonly Alert[] = [
  {
    name: "GatewayRouteManagerDown",
    severity: "critical",
    watch: `up{job='${JOB}'}`,
    fires: "== 0",
    for: LIMITS.silent,
    summary: `The gateway route manager of ${ROUTER} does not answer`,
    description: `Prometheus has had no answer from ${ROUTER} for ${LIMITS.silent}. Routes may be gone or out of date.`,
    remedy:
      "On the router: gateway-route-manager status, and the log of the service. If it answers there, look at -metrics-address, a firewall, or the password.",
  },
  {
    name: "GatewayRouteManagerAbsent",
    severity: "critical",
    watch: `absent(up{job='${JOB}'})`,
    fires: "== 1",
    for: LIMITS.absent,
    summary: "Prometheus scrapes no gateway route manager",
    description: `For ${LIMITS.absent} there has been no target of the job ${JOB}, so no other alert of this file can fire.`,
    remedy: "Put the job back: gateway-route-manager print scrape-config.",
  },
  {
    name: "GatewayRouteManagerRestarts",
    severity: "warning",
    watch: `changes(application_start_time_seconds{job='${JOB}'}[${LIMITS.restarts.within}])`,
    fires: `> ${LIMITS.restarts.most}`,
    summary: `The gateway route manager of ${ROUTER} keeps starting again`,
    description: `It has started {{ $value }} times within ${LIMITS.restarts.within}.`,
    remedy: "The log of the service says why it ended. gateway-route-manager check finds most reasons.",
  },
  {
    name: "NotificationsLost",
    severity: "warning",
    watch: `sum without (reason) (increase(hook_dropped_total{reason=~'full|given_up'}[${LIMITS.lostNotifications}]))`,
    fires: "> 0",
    summary: `Notifications of ${ROUTER} do not arrive: {{ $labels.hook }}`,
    description: `{{ $value | humanize }} were given up or dropped within ${LIMITS.lostNotifications}.`,
    remedy: "The log says how the program or the web service fails. gateway-route-manager check looks at both.",
  },
];

function aboutGateways(timeout: number): readonly Alert[] {
  const { slow, flaps } = LIMITS;
  const slowSeconds = (timeout * slow.share) / 1000;
  return [
    {
      name: "AllGatewaysDown",
      severity: "critical",
      watch: "gateway_active_count",
      fires: "== 0",
      for: LIMITS.allDown,
      summary: `No gateway of ${ROUTER} is healthy`,
      description: `No gateway has passed its health check for ${LIMITS.allDown}. Traffic takes the normal routing tables, unless the flags say otherwise.`,
      remedy:
        "On the router: gateway-route-manager status tells each gateway's reason. All at once is mostly the network between, or the machine they live on.",
    },
    {
      name: "GatewayDown",
      severity: "warning",
      watch: "gateway_up",
      fires: "== 0",
      for: LIMITS.oneDown,
      summary: `Gateway ${GATEWAY} is down`,
      description: `${ROUTER} has found gateway ${GATEWAY} unhealthy for ${LIMITS.oneDown}; the others carry its share.`,
      remedy: "gateway-route-manager status tells the reason. Restart the gateway, or look at its own log.",
    },
    {
      name: "GatewayFlaps",
      severity: "warning",
      watch: `increase(gateway_flaps_total[${flaps.within}])`,
      fires: `> ${flaps.most}`,
      summary: `Gateway ${GATEWAY} comes and goes`,
      description: `It went down more than ${flaps.most} times within ${flaps.within}, and cut its connections each time.`,
      remedy: "Mend the gateway; until then a larger -fall or -rise, or a longer -timeout, keeps it calm.",
    },
    {
      name: "GatewaysFailTogether",
      severity: "warning",
      watch: `increase(gateways_failed_together_total[${LIMITS.together}])`,
      fires: "> 0",
      summary: `All gateways of ${ROUTER} failed in the same moment`,
      description: `It happened within ${LIMITS.together}, and has one cause for all of them ({{ $labels.cause }}).`,
      remedy:
        "own_link is the router's own interface: look at its cable and switch. Else it is the network between, the machine they live on, or the health check; -min-healthy keeps some in use.",
    },
    {
      name: "GatewaySlow",
      severity: "warning",
      watch: `histogram_quantile(0.95, sum by (instance, job, gateway_ip, le) (rate(http_request_duration_seconds_bucket{gateway_ip!=''}[${slow.within}])))`,
      fires: `> ${slowSeconds}`,
      for: slow.within,
      summary: `Gateway ${GATEWAY} answers slowly`,
      description: `5 of 100 health checks by ${ROUTER} take {{ $value | humanizeDuration }} or longer. Above -timeout it counts as down.`,
      remedy: "Look at the load of the gateway and at the link to it. If it is always so slow, raise -timeout.",
    },
  ];
}

const aboutRoutes: readonly Alert[] = [
  {
    name: "RoutesNotRight",
    severity: "critical",
    watch: "time() - routing_last_verified_time_seconds",
    fires: `> ${LIMITS.unverifiedSeconds}`,
    for: "1m",
    summary: `The kernel of ${ROUTER} does not hold the routes it should`,
    description: `They were last read and right ${TIME} ago. Something refuses a change, or somebody else holds an entry.`,
    remedy: "gateway-route-manager status tells why; gateway-route-manager check tells what to do about it.",
  },
  {
    name: "GatewaysUnused",
    severity: "warning",
    watch: "gateway_active_count - gateways_held_count + gateways_kept_count - default_route_gateways_count",
    fires: "> 0",
    for: LIMITS.unused,
    summary: `Healthy gateways of ${ROUTER} carry no traffic`,
    description: `For ${LIMITS.unused} the kernel's routes have lacked gateways that should be in use; now {{ $value }} of them.`,
    remedy:
      'gateway-route-manager status names them and why they are "left out"; most are not on a network of the router.',
  },
  {
    name: "GatewaysKept",
    severity: "warning",
    watch: "gateways_kept_count",
    fires: "> 0",
    for: LIMITS.kept,
    summary: `Too few gateways of ${ROUTER} are healthy, so others are used as well`,
    description: `For ${LIMITS.kept} {{ $value }} gateways have carried traffic without being healthy.`,
    remedy:
      "gateway-route-manager status names them. If they are fine, the health check is at fault; -min-healthy sets the number.",
  },
  {
    name: "RoutesMeddledWith",
    severity: "warning",
    watch: `sum without (object) (increase(routing_drift_repairs_total[${LIMITS.meddling}]))`,
    fires: "> 0",
    summary: `Somebody changes the routes of ${ROUTER}`,
    description: `Managed routes or rules were removed or altered by another program within ${LIMITS.meddling}, and were put back.`,
    remedy:
      "Find it with: ip monitor rule route. systemd-networkd: ManageForeignRoutingPolicyRules=no, ManageForeignRoutes=no.",
  },
  {
    name: "RoutesContested",
    severity: "warning",
    watch: `increase(routing_conflicts_total[${LIMITS.meddling}])`,
    fires: "> 0",
    summary: `Another program holds an entry that ${ROUTER} needs`,
    description:
      "A route of somebody else stands where a managed one should, or a managed entry is undone again and again.",
    remedy: "The log names the entry. Remove it, stop that program, or choose another -first-routing-table-id.",
  },
  {
    name: "IpCommandFails",
    severity: "warning",
    watch: `increase(ip_commands_total{status='failure'}[${LIMITS.ipFailures.within}])`,
    fires: `> ${LIMITS.ipFailures.most}`,
    summary: `The command ip keeps failing on ${ROUTER}`,
    description: `It failed more than ${LIMITS.ipFailures.most} times within ${LIMITS.ipFailures.within}, so changes may not reach the kernel.`,
    remedy: "The log has its words. gateway-route-manager check looks at its version, privileges and the kernel.",
  },
];

const sinceVerified =
  "time() - (ddns_last_verified_time_seconds > 0 or " +
  "ddns_last_verified_time_seconds + on (instance, job) group_left () application_start_time_seconds)";

const aboutDdns: readonly Alert[] = [
  {
    name: "DdnsNeedsYou",
    severity: "warning",
    watch: `increase(ddns_errors_total{kind!='passing'}[${LIMITS.ddnsErrors}])`,
    fires: "> 0",
    summary: `The DNS name of ${ROUTER} cannot be updated: {{ $labels.kind }}`,
    description:
      "The provider refuses for a reason that does not pass: the key or the name (access), an address (refused), or a full account (quota).",
    remedy: "The log says it in the provider's words, in lines that begin with ddns:.",
  },
  {
    name: "DdnsNotVerified",
    severity: "warning",
    watch: sinceVerified,
    fires: `> ${LIMITS.ddnsUnverifiedSeconds} unless on (instance, job) increase(ddns_updates_skipped_total{reason='required_ip_not_found'}[${LIMITS.offDuty}]) > 0`,
    summary: `The DNS records of ${ROUTER} may be wrong`,
    description: `They were last read and right ${TIME} ago, or never since the start.`,
    remedy: "gateway-route-manager status tells the trouble and the next try. Can this machine reach the provider?",
  },
  {
    name: "PublicAddressUnknown",
    severity: "warning",
    watch: "gateway_public_ip_state{state='unknown'}",
    fires: "== 1",
    for: LIMITS.addressUnknown,
    summary: `The public address of gateway ${GATEWAY} is unknown`,
    description: `It carries traffic, but for ${LIMITS.addressUnknown} nobody has told ${ROUTER} its address, so the DNS name may lack it.`,
    remedy: "The log says how the look-ups fail. Gluetun's control server may want a key, or not know its address.",
  },
];
