import type { Gateway, Report, Status } from "./status.ts";

/** How the service is, in a word and a sentence. */
export function judge(gateways: readonly Gateway[], standing: Report): Pick<Status, "verdict" | "why"> {
  const carrying = gateways.filter(({ carriesTraffic }) => carriesTraffic);
  const up = gateways.filter(({ state }) => state === "up");
  const trouble = standing.ok ? [] : [standing.why];
  if (carrying.length === 0) {
    return { verdict: "down", why: ["no gateway carries traffic", ...trouble].join(": ") };
  }
  const total = gateways.length;
  const counts = up.length === total ? [] : [`${up.length} of ${total} gateways are up`];
  const idle = up.filter(({ carriesTraffic }) => !carriesTraffic);
  const unused = idle.length === 0 ? [] : [`${idle.length} of those that are up carry no traffic`];
  const faults = [...counts, ...unused, ...trouble];
  return faults.length === 0
    ? { verdict: "healthy", why: total === 1 ? "the gateway is up" : `all ${total} gateways are up` }
    : { verdict: "degraded", why: faults.join("; ") };
}
