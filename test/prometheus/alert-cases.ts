/** For each alert, series with which it fires and series with which it must not. One value a minute, in promtool's notation. */

/** The name of the scrape job, by which alerts recognize the service. */
const JOB = "gateway-route-manager";

type Labels = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, string>>;

export interface Case {
  readonly alert: string;
  readonly what: string;
  /** Values by series. Each series gets the labels of the router, unless it has those of another. */
  readonly series: Values;
  /** When the alert is evaluated, such as `10m`. */
  readonly at: string;
  /** Labels of the alert without the severity; undefined if it must not fire. */
  readonly fires?: Labels;
  /** How the value is written in the alert's texts. */
  readonly value?: string;
  /** The name of the gateway, as the alert's texts have it. */
  readonly name?: string;
}

export const ROUTER = { instance: "router:9090", job: JOB };
const GATEWAY = { ...ROUTER, gateway_ip: "10.0.0.1" };
const DYNU = { ...ROUTER, provider: "DynuDNS" };

const flaps = "gateway_flaps_total{gateway_ip='10.0.0.1'}";
const drained = "gateway_drained{gateway_ip='10.0.0.1'}";
const leaking = "gateway_leaking{gateway_ip='10.0.0.1'}";
const up = "gateway_up{gateway_ip='10.0.0.1'}";
const bucket = (le: string): string => `http_request_duration_seconds_bucket{gateway_ip='10.0.0.1', le='${le}'}`;
const failures = "ip_commands_total{status='failure'}";
const errors = (kind: string): string => `ddns_errors_total{provider='DynuDNS', kind='${kind}'}`;
const preceding = (extent: string): string => `preceding_rules_count{extent='${extent}'}`;
const verified = "ddns_last_verified_time_seconds{provider='DynuDNS'}";
const started = "application_start_time_seconds";
const offDuty = "ddns_updates_skipped_total{provider='DynuDNS', reason='required_ip_not_found'}";
const used = (healthy: number): Values => ({
  gateway_active_count: `${healthy}x20`,
  gateways_held_count: "0x20",
  gateways_kept_count: "0x20",
  gateways_standby_count: "0x20",
});
const ICMP = "icmp 1.1.1.1, 9.9.9.9";
const loss = `through_loss_ratio{gateway_ip='10.0.0.1', prober='${ICMP}'}`;
const target = `through_target_at_fault{prober='${ICMP}', target='9.9.9.9'}`;
const dropped = (reason: string): string => `hook_dropped_total{hook='command', reason='${reason}'}`;
/** A router that has a hash seed, and so many gateways in its kernel. */
const usedBy = (instance: string, gateways: string, seed = "173"): Values => ({
  [`default_route_gateways_count{instance='${instance}'}`]: gateways,
  [`hash_seed_info{instance='${instance}', seed='${seed}'}`]: "1x20",
});
/** A router of a pair that holds the address of a DNS name, or does not. */
const onDuty = (instance: string, duty: string): Values => ({
  [`ddns_on_duty{instance='${instance}', provider='DynuDNS'}`]: duty,
  [`hash_seed_info{instance='${instance}', seed='173'}`]: "1x20",
});
const state = (name: string): string => `gateway_public_ip_state{gateway_ip='10.0.0.1', state='${name}'}`;

export const CASES: readonly Case[] = [
  {
    alert: "NotificationsLost",
    what: "a program that fails",
    series: { [dropped("given_up")]: "0x5 4x20", [dropped("full")]: "0x25", [dropped("superseded")]: "0+1x25" },
    at: "25m",
    fires: { ...ROUTER, hook: "command" },
    value: "4",
  },
  {
    alert: "NotificationsLost",
    what: "only superseded notifications were dropped",
    series: { [dropped("given_up")]: "0x25", [dropped("superseded")]: "0+1x25" },
    at: "25m",
  },

  {
    alert: "ConfigurationRejected",
    what: "a file with problems",
    series: { config_last_reload_successful: "1x3 0x20" },
    at: "10m",
    fires: ROUTER,
  },
  {
    alert: "ConfigurationRejected",
    what: "a file that was corrected soon",
    series: { config_last_reload_successful: "1x3 0x3 1x20" },
    at: "10m",
  },
  { alert: "ConfigurationRejected", what: "a service without a file", series: { up: "1x20" }, at: "10m" },

  { alert: "GatewayRouteManagerDown", what: "no answer", series: { up: "1x1 0x20" }, at: "6m", fires: ROUTER },
  { alert: "GatewayRouteManagerDown", what: "no answer for a moment", series: { up: "1x3 0 1x20" }, at: "5m" },
  {
    alert: "GatewayRouteManagerDown",
    what: "no answer for less than two minutes",
    series: { up: "1x3 0x20" },
    at: "5m",
  },

  { alert: "GatewayRouteManagerAbsent", what: "no target", series: {}, at: "6m", fires: { job: JOB } },
  { alert: "GatewayRouteManagerAbsent", what: "a target without an answer", series: { up: "0x20" }, at: "10m" },

  {
    alert: "GatewayRouteManagerRestarts",
    what: "a start a minute",
    series: { [started]: "60 120 180 240 240x20" },
    at: "10m",
    fires: ROUTER,
    value: "3",
  },
  { alert: "GatewayRouteManagerRestarts", what: "an upgrade", series: { [started]: "60x5 300x20" }, at: "10m" },

  {
    alert: "AllGatewaysDown",
    what: "no gateway is up",
    series: { gateway_active_count: "3x1 0x20" },
    at: "5m",
    fires: ROUTER,
  },
  {
    alert: "AllGatewaysDown",
    what: "no gateway was up for a moment",
    series: { gateway_active_count: "0 1x20" },
    at: "5m",
  },
  { alert: "AllGatewaysDown", what: "one gateway is up", series: { gateway_active_count: "1x20" }, at: "10m" },
  {
    alert: "AllGatewaysDown",
    what: "only a drained gateway is up",
    series: { gateway_active_count: "3x1 1x20", gateways_drained_count: "1x30" },
    at: "5m",
    fires: ROUTER,
  },
  {
    alert: "AllGatewaysDown",
    what: "a gateway is up beside a drained one",
    series: { gateway_active_count: "2x20", gateways_drained_count: "1x20" },
    at: "10m",
  },

  { alert: "GatewayDown", what: "down for long", series: { [up]: "1x1 0x40" }, at: "20m", fires: GATEWAY },
  { alert: "GatewayDown", what: "down a while", series: { [up]: "1x10 0x40" }, at: "20m" },
  { alert: "GatewayDown", what: "down now and then", series: { [up]: "0x10 1 0x10 1 0x10" }, at: "25m" },

  { alert: "GatewayDown", what: "down and drained", series: { [up]: "0x40", [drained]: "1x40" }, at: "30m" },
  {
    alert: "GatewayDown",
    what: "down and not drained",
    series: { [up]: "0x40", [drained]: "0x40" },
    at: "30m",
    fires: GATEWAY,
  },

  { alert: "GatewayDrained", what: "for a day", series: { [drained]: "1x1500" }, at: "1450m", fires: GATEWAY },
  { alert: "GatewayDrained", what: "for half a day", series: { [drained]: "1x800" }, at: "720m" },
  { alert: "GatewayDrained", what: "none", series: { [drained]: "0x20" }, at: "10m" },

  { alert: "GatewayLeaks", what: "a leak", series: { [leaking]: "0x2 1x5" }, at: "3m", fires: GATEWAY },
  { alert: "GatewayLeaks", what: "no leak", series: { [leaking]: "1 0x5" }, at: "3m" },
  { alert: "GatewayFlaps", what: "ten flaps", series: { [flaps]: "0+1x10 10x60" }, at: "30m", fires: GATEWAY },
  { alert: "GatewayFlaps", what: "two flaps", series: { [flaps]: "0+1x2 2x60" }, at: "30m" },
  { alert: "GatewayFlaps", what: "flaps of hours ago", series: { [flaps]: "0+1x10 10x100" }, at: "90m" },

  {
    alert: "GatewaysFailTogether",
    what: "the router's own link",
    series: {
      "gateways_failed_together_total{cause='own_link'}": "0x5 1x20",
      "gateways_failed_together_total{cause='other'}": "0x25",
    },
    at: "10m",
    fires: { ...ROUTER, cause: "own_link" },
  },
  {
    alert: "GatewaysFailTogether",
    what: "a common failure hours ago",
    series: { "gateways_failed_together_total{cause='other'}": "0x5 1x100" },
    at: "90m",
  },

  {
    alert: "GatewaySlow",
    what: "nine of ten answers take more than half of the timeout",
    series: { [bucket("0.5")]: "0+1x60", [bucket("1")]: "0+10x60", [bucket("+Inf")]: "0+10x60" },
    at: "30m",
    fires: GATEWAY,
    value: "972.2ms",
  },
  {
    alert: "GatewaySlow",
    what: "all answers are quick",
    series: { [bucket("0.5")]: "0+10x60", [bucket("1")]: "0+10x60", [bucket("+Inf")]: "0+10x60" },
    at: "30m",
  },
  {
    alert: "GatewaySlow",
    what: "another program's metric of the same name",
    series: {
      "http_request_duration_seconds_bucket{le='1'}": "0+1x60",
      "http_request_duration_seconds_bucket{le='+Inf'}": "0+9x60",
    },
    at: "30m",
  },

  {
    alert: "GatewayLosesPackets",
    what: "a quarter of the probes is lost",
    series: { [loss]: "0x2 0.25x30" },
    at: "20m",
    fires: { ...GATEWAY, prober: ICMP },
    value: "25%",
  },
  { alert: "GatewayLosesPackets", what: "loss for some minutes", series: { [loss]: "0.25x8 0x30" }, at: "20m" },
  { alert: "GatewayLosesPackets", what: "little loss", series: { [loss]: "0.05x30" }, at: "20m" },

  {
    alert: "TargetAtFault",
    what: "a target that is at fault for long",
    series: { [target]: "0x5 1x100" },
    at: "90m",
    fires: { ...ROUTER, prober: ICMP, target: "9.9.9.9" },
  },
  { alert: "TargetAtFault", what: "a target at fault for a while", series: { [target]: "1x30 0x60" }, at: "60m" },

  {
    alert: "RoutesNotRight",
    what: "not verified for five minutes",
    series: { routing_last_verified_time_seconds: "0+60x10 600x20" },
    at: "15m",
    fires: ROUTER,
    value: "5m 0s",
  },
  {
    alert: "RoutesNotRight",
    what: "verified a minute ago",
    series: { routing_last_verified_time_seconds: "0+60x20" },
    at: "15m",
  },

  {
    alert: "GatewaysUnused",
    what: "two of three healthy gateways are in the kernel",
    series: { ...used(3), default_route_gateways_count: "2x20" },
    at: "6m",
    fires: ROUTER,
    value: "1",
  },
  {
    alert: "GatewaysUnused",
    what: "all gateways that are up are in the kernel",
    series: { ...used(2), default_route_gateways_count: "2x20" },
    at: "15m",
  },
  {
    alert: "GatewaysUnused",
    what: "one gateway is in a flap hold",
    series: { ...used(3), gateways_held_count: "1x20", default_route_gateways_count: "2x20" },
    at: "15m",
  },
  {
    alert: "GatewaysUnused",
    what: "a healthy gateway is drained",
    series: { ...used(3), gateways_drained_count: "1x20", default_route_gateways_count: "2x20" },
    at: "10m",
  },

  {
    alert: "GatewaysUnused",
    what: "one gateway stands by",
    series: { ...used(3), gateways_standby_count: "1x20", default_route_gateways_count: "2x20" },
    at: "15m",
  },

  {
    alert: "GatewaysKept",
    what: "two gateways are kept in use",
    series: { gateways_kept_count: "2x20" },
    at: "10m",
    fires: ROUTER,
    value: "2",
  },
  { alert: "GatewaysKept", what: "no gateway is kept in use", series: { gateways_kept_count: "0x20" }, at: "10m" },

  {
    alert: "RoutesMeddledWith",
    what: "a rule was restored",
    series: {
      "routing_drift_repairs_total{object='rule'}": "0x5 1x20",
      "routing_drift_repairs_total{object='route'}": "0x25",
    },
    at: "10m",
    fires: ROUTER,
  },
  {
    alert: "RoutesMeddledWith",
    what: "a rule was restored hours ago",
    series: { "routing_drift_repairs_total{object='rule'}": "0x5 1x90" },
    at: "80m",
  },

  {
    alert: "RoutesContested",
    what: "a conflict",
    series: { routing_conflicts_total: "0x5 1x20" },
    at: "10m",
    fires: ROUTER,
  },
  { alert: "RoutesContested", what: "no conflict", series: { routing_conflicts_total: "4x30" }, at: "20m" },

  {
    alert: "TrafficDiverted",
    what: "a rule that diverts all packets",
    series: { [preceding("all")]: "0x5 1x20", [preceding("some")]: "0x25" },
    at: "10m",
    fires: { ...ROUTER, extent: "all" },
  },
  {
    alert: "TrafficDiverted",
    what: "a rule that diverts some packets",
    series: { [preceding("all")]: "0x25", [preceding("some")]: "1x25" },
    at: "10m",
  },

  {
    alert: "IpCommandFails",
    what: "a failure a minute",
    series: { [failures]: "0+1x20" },
    at: "10m",
    fires: { ...ROUTER, status: "failure" },
  },
  { alert: "IpCommandFails", what: "one failure", series: { [failures]: "0x5 1x20" }, at: "10m" },

  {
    alert: "DdnsNeedsYou",
    what: "a wrong key",
    series: { [errors("access")]: "0x5 1x20", [errors("passing")]: "0x25" },
    at: "10m",
    fires: { ...DYNU, kind: "access" },
  },
  {
    alert: "DdnsNeedsYou",
    what: "an outage",
    series: { [errors("passing")]: "0+1x20", [errors("quota")]: "0x25" },
    at: "10m",
  },

  {
    alert: "DdnsNotVerified",
    what: "verified two hours ago",
    series: { [verified]: "60x150", [started]: "0x150" },
    at: "121m",
    fires: DYNU,
    value: "2h 0m 0s",
  },
  {
    alert: "DdnsNotVerified",
    what: "never verified since the start",
    series: { [verified]: "0x150", [started]: "60x150" },
    at: "91m",
    fires: DYNU,
    value: "1h 30m 0s",
  },
  {
    alert: "DdnsNotVerified",
    what: "just started",
    series: { [verified]: "0x150", [started]: "7200x150" },
    at: "125m",
  },
  {
    alert: "DdnsNotVerified",
    what: "verified half an hour ago",
    series: { [verified]: "5400x150", [started]: "0x150" },
    at: "120m",
  },
  {
    alert: "DdnsNotVerified",
    what: "the other router is on duty",
    series: { [verified]: "60x150", [started]: "0x150", [offDuty]: "0+0.1x150" },
    at: "121m",
  },

  {
    alert: "DdnsNotShown",
    what: "name servers answer with other addresses",
    series: { "ddns_not_shown{provider='DynuDNS'}": "1x20" },
    at: "1m",
    fires: DYNU,
  },
  {
    alert: "DdnsNotShown",
    what: "name servers show the records",
    series: { "ddns_not_shown{provider='DynuDNS'}": "1x5 0x20" },
    at: "10m",
  },

  {
    alert: "PublicAddressUnknown",
    what: "no look-up succeeds",
    series: { [state("unknown")]: "1x30", [state("known")]: "0x30" },
    at: "20m",
    fires: { ...GATEWAY, state: "unknown" },
  },
  {
    alert: "PublicAddressUnknown",
    what: "the gateway is down",
    series: { [state("unknown")]: "0x30", [state("inactive")]: "1x30" },
    at: "20m",
  },

  {
    alert: "GatewayDown",
    what: "a gateway with a name",
    series: { [up]: "0x40", "gateway_info{gateway_ip='10.0.0.1', gateway_name='sweden'}": "1x40" },
    at: "20m",
    fires: GATEWAY,
    name: "sweden",
  },
  {
    alert: "GatewayDown",
    what: "a gateway without a name, where others have one",
    series: {
      [up]: "0x40",
      "gateway_info{gateway_ip='10.0.0.1', gateway_name='10.0.0.1'}": "1x40",
      "gateway_info{gateway_ip='10.0.0.2', gateway_name='sweden'}": "1x40",
    },
    at: "20m",
    fires: GATEWAY,
  },

  poolCase("AllGatewaysDown", { gateway_active_count: "0x20" }, { gateway_active_count: "2x20" }),
  poolCase(
    "AllGatewaysDown",
    { gateway_active_count: "1x20", gateways_drained_count: "1x20" },
    { gateway_active_count: "1x20", gateways_drained_count: "0x20" },
  ),
  poolCase(
    "GatewaysFailTogether",
    { "gateways_failed_together_total{cause='other'}": "0x5 1x20" },
    { "gateways_failed_together_total{cause='other'}": "0x25" },
    { labels: { cause: "other" } },
  ),
  poolCase(
    "RoutesNotRight",
    { routing_last_verified_time_seconds: "0x20" },
    { routing_last_verified_time_seconds: "0+60x20" },
    { value: "10m 0s" },
  ),
  poolCase(
    "GatewaysUnused",
    { ...used(2), default_route_gateways_count: "1x20" },
    { ...used(1), default_route_gateways_count: "2x20" },
    { value: "1" },
  ),
  familyCase("AllGatewaysDown", { gateway_active_count: "0x20" }, { gateway_active_count: "2x20" }),
  familyCase(
    "GatewaysUnused",
    { ...used(2), default_route_gateways_count: "1x20" },
    { ...used(1), default_route_gateways_count: "1x20" },
    { value: "1" },
  ),
  familyCase(
    "RoutesNotRight",
    { routing_last_verified_time_seconds: "0x20" },
    { routing_last_verified_time_seconds: "0+60x20" },
    { value: "10m 0s" },
  ),
  poolCase("GatewaysKept", { gateways_kept_count: "1x20" }, { gateways_kept_count: "0x20" }, { value: "1" }),
  poolCase(
    "RoutesMeddledWith",
    { "routing_drift_repairs_total{object='rule'}": "0x5 1x20" },
    { "routing_drift_repairs_total{object='rule'}": "1x25" },
  ),
  poolCase("RoutesContested", { routing_conflicts_total: "0x5 1x20" }, { routing_conflicts_total: "1x25" }),
  poolCase(
    "TrafficDiverted",
    { [preceding("all")]: "1x20" },
    { [preceding("all")]: "0x20" },
    { labels: { extent: "all" } },
  ),
  poolCase(
    "DdnsNeedsYou",
    { [errors("access")]: "0x5 1x20" },
    { [errors("access")]: "0x25" },
    { labels: { provider: "DynuDNS", kind: "access" } },
  ),
  {
    ...poolCase(
      "DdnsNotVerified",
      { [verified]: "60x150", [offDuty]: "0x150" },
      { [verified]: "60x150", [offDuty]: "0+0.1x150" },
      { labels: { provider: "DynuDNS" }, at: "121m", value: "2h 0m 0s", ofService: { [started]: "0x150" } },
    ),
    what: "the records of one pool, while the other router has those of another",
  },
  {
    alert: "DdnsNotVerified",
    what: "one DNS name of two, while the other router has the other one",
    series: {
      ...{ [started]: "0x150", ...labelled("hostname", "gw.example", { [verified]: "60x150", [offDuty]: "0x150" }) },
      ...labelled("hostname", "sweden.example", { [verified]: "60x150", [offDuty]: "0+0.1x150" }),
    },
    at: "121m",
    fires: { ...DYNU, hostname: "gw.example" },
    value: "2h 0m 0s",
  },
  {
    alert: "DdnsNeedsYou",
    what: "a wrong key of one DNS name of two",
    series: {
      ...labelled("hostname", "gw.example", { [errors("access")]: "0x25" }),
      ...labelled("hostname", "sweden.example", { [errors("access")]: "0x5 1x20" }),
    },
    at: "10m",
    fires: { ...DYNU, kind: "access", hostname: "sweden.example" },
  },
  {
    alert: "GatewayRouteManagerPairDiffers",
    what: "a router of a pair that lacks a gateway",
    series: { ...usedBy("router:9090", "3x20"), ...usedBy("other:9090", "2x20"), ...usedBy("apart:9090", "1x20", "9") },
    at: "10m",
    fires: { seed: "173" },
    value: "1",
  },
  {
    alert: "GatewayRouteManagerPairDiffers",
    what: "routers of a pair that agree, and one that is apart",
    series: { ...usedBy("router:9090", "3x20"), ...usedBy("other:9090", "3x20"), ...usedBy("apart:9090", "1x20", "9") },
    at: "10m",
  },
  {
    alert: "GatewayRouteManagerPairOnDuty",
    what: "two routers of a pair",
    series: { ...onDuty("router:9090", "1x20"), ...onDuty("other:9090", "1x20") },
    at: "10m",
    fires: { seed: "173", provider: "DynuDNS" },
    value: "2",
  },
  {
    alert: "GatewayRouteManagerPairOnDuty",
    what: "none of a pair",
    series: { ...onDuty("router:9090", "1x3 0x20"), ...onDuty("other:9090", "0x20") },
    at: "10m",
    fires: { seed: "173", provider: "DynuDNS" },
    value: "0",
  },
  {
    alert: "GatewayRouteManagerPairOnDuty",
    what: "one of a pair after the other",
    series: { ...onDuty("router:9090", "1x5 0x20"), ...onDuty("other:9090", "0x5 1x20") },
    at: "10m",
  },
  poolCase(
    "PublicAddressUnknown",
    { [state("unknown")]: "1x30" },
    { [state("unknown")]: "0x30" },
    { labels: { gateway_ip: "10.0.0.1", state: "unknown" }, at: "20m" },
  ),
];

interface PoolCaseOptions {
  /** Of the alert, besides the router and the pool. */
  readonly labels?: Labels;
  readonly at?: string;
  readonly value?: string;
  /** Series without a pool. */
  readonly ofService?: Values;
}

/** A case in which the alert fires for one of two pools. */
function poolCase(
  alert: string,
  bad: Values,
  good: Values,
  { labels, at = "10m", value, ofService }: PoolCaseOptions = {},
): Case {
  return {
    alert,
    what: "one pool of two",
    series: { ...ofService, ...labelled("pool", "vpn", bad), ...labelled("pool", "rest", good) },
    at,
    fires: { ...ROUTER, ...labels, pool: "vpn" },
    ...(value !== undefined && { value }),
  };
}

/** A case in which the alert fires for IPv6 alone, of a service that routes both families. */
function familyCase(alert: string, bad: Values, good: Values, { value }: Pick<PoolCaseOptions, "value"> = {}): Case {
  return {
    alert,
    what: "one family of two",
    series: { ...labelled("family", "ipv6", bad), ...labelled("family", "ipv4", good) },
    at: "10m",
    fires: { ...ROUTER, family: "ipv6" },
    ...(value !== undefined && { value }),
  };
}

function labelled(label: string, text: string, series: Values): Values {
  const named = (one: string): string =>
    one.endsWith("}") ? `${one.slice(0, -1)}, ${label}='${text}'}` : `${one}{${label}='${text}'}`;
  return Object.fromEntries(Object.entries(series).map(([one, values]) => [named(one), values]));
}
