import { type Alert, ROUTER } from "./alert.ts";
import { JOB, LIMITS } from "./limits.ts";

/** The service itself, and what it sends. */
export const aboutService: readonly Alert[] = [
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
