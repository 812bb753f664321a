import { formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { quote } from "../text/escape.ts";
import { coveredBy } from "./contradictions.ts";
import type { OptionValues } from "./options.ts";

/** What is allowed but makes little sense together. */
export function warningsOf(values: OptionValues, gateways: number): string[] {
  return [...uselessRoutes(values), ...calmDoubts(values), ...ddnsDoubts(values, gateways)];
}

function uselessRoutes({ route, excludeCidr }: OptionValues): string[] {
  return route.flatMap((destination) => {
    const exclusion = coveredBy(destination, excludeCidr);
    return exclusion
      ? [`-route ${formatCidr(destination)} has no effect: -exclude-cidr ${formatCidr(exclusion)} covers it`]
      : [];
  });
}

function* calmDoubts(values: OptionValues): Generator<string> {
  const { checkPeriod, fastCheckPeriod, rise, fall, flapHold, minHealthy, minHealthyPolicy } = values;
  if (fastCheckPeriod !== undefined && rise === 1 && fall === 1) {
    yield "-fast-check-period has no effect while -rise and -fall are 1: a single probe changes the state then";
  }
  if (flapHold > 0 && flapHold < checkPeriod) {
    yield `-flap-hold ${formatDuration(flapHold)} is shorter than -check-period ${formatDuration(checkPeriod)}: such a hold ends before the next probe; raise it to several periods`;
  }
  if (minHealthyPolicy !== "keep" && minHealthy === 0) yield "-min-healthy-policy has no effect without -min-healthy";
}

function* ddnsDoubts(values: OptionValues, gateways: number): Generator<string> {
  const { ddnsProvider, ddnsHostname, ddnsApiUrl, publicIpServiceHostname: service } = values;
  if (ddnsProvider === undefined && ddnsHostname !== undefined) {
    yield "-ddns-hostname has no effect without -ddns-provider";
  }
  if (ddnsProvider !== undefined && ddnsApiUrl?.startsWith("http:")) {
    yield `-ddns-api-url ${quote(ddnsApiUrl)}: http sends the API key unencrypted; use https`;
  }
  if (ddnsProvider !== undefined && service !== undefined && gateways > 1) {
    yield `-public-ip-service-hostname ${service} with ${gateways} gateways: every look-up takes the usual routes, so the service reports the address of whichever gateway carries that connection, and the records will be wrong and change; leave the flag out, so that each gateway is asked for its own address`;
  }
}
