import { type Alert, GATEWAY, ROUTER, TIME } from "./alert.ts";
import { LIMITS } from "./limits.ts";

/** Seconds since the records were right, or since the start when they never were. */
const sinceVerified =
  "time() - (ddns_last_verified_time_seconds > 0 or " +
  "ddns_last_verified_time_seconds + on (instance, job) group_left () application_start_time_seconds)";

/** The DNS name and the public addresses. */
export const aboutDdns: readonly Alert[] = [
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
