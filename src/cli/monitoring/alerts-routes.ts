import { type Alert, ROUTER, TIME } from "./alert.ts";
import { LIMITS } from "./limits.ts";

/** What the kernel holds, and what others do to it. */
export const aboutRoutes: readonly Alert[] = [
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
