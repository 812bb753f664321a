import type * as dashboards from "@grafana/grafana-foundation-sdk/dashboard";

import { type Panel, type Plain, type RowPanel, SOURCE } from "./grafana.ts";
import { layOut } from "./layout.ts";
import { ddns } from "./panels-ddns.ts";
import { gateways } from "./panels-gateways.ts";
import { overview } from "./panels-overview.ts";
import { routes } from "./panels-routes.ts";
import { service } from "./panels-service.ts";
import { of } from "./queries.ts";

type Variable = Plain<dashboards.VariableModel>;

export type Dashboard = Plain<Omit<dashboards.Dashboard, "panels">> & {
  readonly panels: readonly (Panel | RowPanel)[];
};

/** The number by which Grafana's editor of variables knows queries such as `label_values(up, job)`. */
const LABEL_VALUES = 1;

/** A variable whose values are those of a label of a metric. */
function labelValues(name: string, heading: string, series: string, label: string, more: Partial<Variable>): Variable {
  const query = `label_values(${series}, ${label})`;
  return {
    type: "query",
    name,
    label: heading,
    datasource: SOURCE,
    definition: query,
    query: { qryType: LABEL_VALUES, query, refId: "PrometheusVariableQueryEditor-VariableQuery" },
    refresh: 2, // whenever the time range changes
    sort: 7, // 10.0.0.9 before 10.0.0.10
    ...more,
  };
}

const variables: readonly Variable[] = [
  { type: "datasource", name: "datasource", label: "Data source", query: "prometheus" },
  labelValues("instance", "Router", "gateway_total_count", "instance", {}),
  labelValues("gateway", "Gateway", of("gateway_up"), "gateway_ip", {
    multi: true,
    includeAll: true,
    allValue: ".+", // short, however many there are
    current: { text: ["All"], value: ["$__all"] },
  }),
];

/**
 * The dashboard as Grafana imports it, from version 10 on.
 *
 * @param timeout of a probe, in milliseconds: what is slow is coloured by it
 */
export function dashboard(timeout: number): Dashboard {
  return {
    uid: "gateway-route-manager",
    title: "Gateway Route Manager",
    description: "Gateways, routes and the DNS name of a router that runs gateway-route-manager.",
    tags: ["gateway-route-manager", "network"],
    editable: true,
    graphTooltip: 1, // one crosshair for all panels
    time: { from: "now-6h", to: "now" },
    refresh: "30s",
    schemaVersion: 39,
    templating: { list: variables },
    annotations: { list: [restarts] },
    panels: layOut([
      { title: "Overview", drafts: overview },
      { title: "Gateways", drafts: gateways(timeout / 1000) },
      { title: "Routes", drafts: routes },
      { title: "DNS name", folded: true, drafts: ddns },
      { title: "Service", folded: true, drafts: service },
    ]),
  };
}

/** A mark in every graph where the service started. */
const restarts: Plain<dashboards.AnnotationQuery> = {
  name: "Starts of the service",
  datasource: SOURCE,
  enable: true,
  iconColor: "blue",
  expr: `${of("application_start_time_seconds")} * 1000`,
  useValueForTime: true,
  titleFormat: "The service started",
};
