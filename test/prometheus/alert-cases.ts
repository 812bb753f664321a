/** For each alert, series that make it fire and series that must not. One value a minute, in promtool's notation. */

/** The name of the scrape job, by which alerts recognize the service. */
const JOB = "gateway-route-manager";

type Labels = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, string>>;

export interface Case {
  readonly alert: string;
  readonly what: string;
  /** Values by series. Each series gets the labels of the router. */
  readonly series: Values;
  /** When to look, such as `10m`. */
  readonly at: string;
  /** Labels of the alert besides the severity; undefined when it must not fire. */
  readonly fires?: Labels;
  /** How the value is written in the alert's texts. */
  readonly value?: string;
}

export const ROUTER = { instance: "router:9090", job: JOB };
const GATEWAY = { ...ROUTER, gateway_ip: "10.0.0.1" };
const DYNU = { ...ROUTER, provider: "DynuDNS" };

const flaps = "gateway_flaps_total{gateway_ip='10.0.0.1'}";
const up = "gateway_up{gateway_ip='10.0.0.1'}";
const bucket = (le: string): string => `http_request_duration_seconds_bucket{gateway_ip='10.0.0.1', le='${le}'}`;
const failures = "ip_commands_total{status='failure'}";
const errors = (kind: string): string => `ddns_errors_total{provider='DynuDNS', kind='${kind}'}`;
const verified = "ddns_last_verified_time_seconds{provider='DynuDNS'}";
const started = "application_start_time_seconds";
const offDuty = "ddns_updates_skipped_total{provider='DynuDNS', reason='required_ip_not_found'}";
const used = (healthy: number): Values => ({
  gateway_active_count: `${healthy}x20`,
  gateways_held_count: "0x20",
  gateways_kept_count: "0x20",
});
const dropped = (reason: string): string => `hook_dropped_total{hook='command', reason='${reason}'}`;
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
    what: "only old news was left out",
    series: { [dropped("given_up")]: "0x25", [dropped("superseded")]: "0+1x25" },
    at: "25m",
  },

  { alert: "GatewayRouteManagerDown", what: "no answer", series: { up: "1x1 0x20" }, at: "6m", fires: ROUTER },
  { alert: "GatewayRouteManagerDown", what: "no answer for a moment", series: { up: "1x3 0 1x20" }, at: "5m" },
  { alert: "GatewayRouteManagerDown", what: "no answer yet for long", series: { up: "1x3 0x20" }, at: "5m" },

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
    what: "none is up",
    series: { gateway_active_count: "3x1 0x20" },
    at: "5m",
    fires: ROUTER,
  },
  { alert: "AllGatewaysDown", what: "none was up", series: { gateway_active_count: "0 1x20" }, at: "5m" },
  { alert: "AllGatewaysDown", what: "one is up", series: { gateway_active_count: "1x20" }, at: "10m" },

  { alert: "GatewayDown", what: "down for long", series: { [up]: "1x1 0x40" }, at: "20m", fires: GATEWAY },
  { alert: "GatewayDown", what: "down a while", series: { [up]: "1x10 0x40" }, at: "20m" },
  { alert: "GatewayDown", what: "down now and then", series: { [up]: "0x10 1 0x10 1 0x10" }, at: "25m" },

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
    what: "it was hours ago",
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
    what: "somebody else's requests, by a metric of the same name",
    series: {
      "http_request_duration_seconds_bucket{le='1'}": "0+1x60",
      "http_request_duration_seconds_bucket{le='+Inf'}": "0+9x60",
    },
    at: "30m",
  },

  {
    alert: "RoutesNotRight",
    what: "not right for five minutes",
    series: { routing_last_verified_time_seconds: "0+60x10 600x20" },
    at: "15m",
    fires: ROUTER,
    value: "5m 0s",
  },
  {
    alert: "RoutesNotRight",
    what: "right a moment ago",
    series: { routing_last_verified_time_seconds: "0+60x20" },
    at: "15m",
  },

  {
    alert: "GatewaysUnused",
    what: "two of three in the kernel",
    series: { ...used(3), default_route_gateways_count: "2x20" },
    at: "6m",
    fires: ROUTER,
    value: "1",
  },
  {
    alert: "GatewaysUnused",
    what: "all that are up in the kernel",
    series: { ...used(2), default_route_gateways_count: "2x20" },
    at: "15m",
  },
  {
    alert: "GatewaysUnused",
    what: "one is held",
    series: { ...used(3), gateways_held_count: "1x20", default_route_gateways_count: "2x20" },
    at: "15m",
  },

  {
    alert: "GatewaysKept",
    what: "two are used without being healthy",
    series: { gateways_kept_count: "2x20" },
    at: "10m",
    fires: ROUTER,
    value: "2",
  },
  { alert: "GatewaysKept", what: "all that are used are healthy", series: { gateways_kept_count: "0x20" }, at: "10m" },

  {
    alert: "RoutesMeddledWith",
    what: "a rule was put back",
    series: {
      "routing_drift_repairs_total{object='rule'}": "0x5 1x20",
      "routing_drift_repairs_total{object='route'}": "0x25",
    },
    at: "10m",
    fires: ROUTER,
  },
  {
    alert: "RoutesMeddledWith",
    what: "a rule was put back hours ago",
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
    what: "right two hours ago",
    series: { [verified]: "60x150", [started]: "0x150" },
    at: "121m",
    fires: DYNU,
    value: "2h 0m 0s",
  },
  {
    alert: "DdnsNotVerified",
    what: "never right since the start",
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
    what: "right lately",
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
    alert: "PublicAddressUnknown",
    what: "nobody tells it",
    series: { [state("unknown")]: "1x30", [state("known")]: "0x30" },
    at: "20m",
    fires: { ...GATEWAY, state: "unknown" },
  },
  {
    alert: "PublicAddressUnknown",
    what: "a gateway that is down has none",
    series: { [state("unknown")]: "0x30", [state("inactive")]: "1x30" },
    at: "20m",
  },
];
