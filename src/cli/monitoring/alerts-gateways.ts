import { type Alert, GATEWAY, ROUTER } from "./alert.ts";
import { LIMITS } from "./limits.ts";

/**
 * Gateways, one by one and all together.
 *
 * @param timeout of a probe, in milliseconds
 */
export function aboutGateways(timeout: number): readonly Alert[] {
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
      remedy: "Mend the gateway; until then -flap-hold, a larger -fall or -rise, or a longer -timeout keeps it calm.",
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
