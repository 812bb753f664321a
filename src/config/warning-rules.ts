import { entryOf, PROVIDER_OPTIONS, type ProviderOption } from "../ddns/providers/registry.ts";
import type { Family } from "../net/address.ts";
import { formatCidr } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import { quote } from "../text/escape.ts";
import type { OptionValues } from "./options.ts";
import { coveredBy, type NameOf } from "./rules.ts";

/*
 * Values that are allowed but make little sense together, wherever they are given: by flags or in a file.
 */

/** Something that is allowed but makes little sense, and what to do about it. */
export interface Warning {
  readonly detail: string;
  readonly remedy: string;
}

/** The same with the value that it begins with. */
export interface Doubt extends Warning {
  readonly key: keyof OptionValues;
}

type Of<K extends keyof OptionValues> = Pick<OptionValues, K>;

/** Destinations that exclusions cover. @param one what people call one of them */
export function* coveredRoutes(
  { route, excludeCidr }: Of<"route" | "excludeCidr">,
  one: string,
  name: NameOf,
): Generator<Doubt> {
  const exclude = name("excludeCidr");
  for (const destination of route) {
    const exclusion = coveredBy(destination, excludeCidr);
    if (!exclusion) continue;
    const detail = `${one} ${formatCidr(destination)} has no effect: ${exclude} ${formatCidr(exclusion)} covers it`;
    yield { key: "route", detail, remedy: `remove that ${one}, or narrow ${exclude}` };
  }
}

/** A faster period for states that a single probe decides. */
export function* uselessFastPeriod(
  { fastCheckPeriod, rise, fall }: Of<"fastCheckPeriod" | "rise" | "fall">,
  name: NameOf,
): Generator<Doubt> {
  if (fastCheckPeriod === undefined || rise !== 1 || fall !== 1) return;
  const [fast, up, down] = [name("fastCheckPeriod"), name("rise"), name("fall")];
  yield {
    key: "fastCheckPeriod",
    detail: `${fast} has no effect while ${up} and ${down} are 1: a single probe changes the state then`,
    remedy: `set ${up} or ${down} above 1, or remove ${fast}`,
  };
}

/** Holds that end before the next probe. @param periodName what people call the period of the probes */
export function* shortHold(
  { flapHold }: Of<"flapHold">,
  period: number,
  periodName: string,
  name: NameOf,
): Generator<Doubt> {
  if (flapHold === 0 || flapHold >= period) return;
  const detail = `${name("flapHold")} ${formatDuration(flapHold)} is shorter than ${periodName} ${formatDuration(period)}: such a hold ends before the next probe`;
  yield { key: "flapHold", detail, remedy: "raise it to several periods" };
}

/** A limit of the latency that no answer reaches. */
export function* uselessLatency(
  { throughMaxLatency, throughTimeout }: Of<"throughMaxLatency" | "throughTimeout">,
  name: NameOf,
): Generator<Doubt> {
  if (!throughMaxLatency || throughMaxLatency.limit * 1000 < throughTimeout) return;
  const [limit, timeout] = [name("throughMaxLatency"), name("throughTimeout")];
  const detail = `${limit} has no effect with ${timeout} ${formatDuration(throughTimeout)}: an answer that takes longer is lost`;
  yield { key: "throughMaxLatency", detail, remedy: `set a lower limit, or raise ${timeout}` };
}

/** A policy for too few gateways where there can never be too few. */
export function* uselessPolicy(
  { minHealthy, minHealthyPolicy }: Of<"minHealthy" | "minHealthyPolicy">,
  name: NameOf,
): Generator<Doubt> {
  if (minHealthyPolicy === "keep" || minHealthy !== 0) return;
  const [policy, least] = [name("minHealthyPolicy"), name("minHealthy")];
  const detail = `${policy} has no effect without ${least}`;
  yield { key: "minHealthyPolicy", detail, remedy: `set ${least}, or remove ${policy}` };
}

/** Options of other DNS providers. */
export function* otherProviders(values: Of<"ddnsProvider" | ProviderOption>, name: NameOf): Generator<Doubt> {
  const { ddnsProvider } = values;
  if (ddnsProvider === undefined) return;
  for (const key of PROVIDER_OPTIONS) {
    if (values[key] === undefined || values[key] === false || entryOf(ddnsProvider).options[key] !== undefined)
      continue;
    const detail = `${name(key)} has no effect with ${name("ddnsProvider")} ${ddnsProvider}`;
    yield { key, detail, remedy: "remove it" };
  }
}

/** A name that resolves to addresses of the provider, and is compared with those of the gateways. */
export function* proxiedVerify(
  { ddnsVerify, ddnsProxied }: Of<"ddnsVerify" | "ddnsProxied">,
  name: NameOf,
): Generator<Doubt> {
  if (ddnsVerify === undefined || !ddnsProxied) return;
  const detail = `${name("ddnsVerify")}: a proxied name resolves to addresses of the provider, never to those of the gateways`;
  yield { key: "ddnsVerify", detail, remedy: `remove it, or ${name("ddnsProxied")}` };
}

/** A DNS provider that is asked without encryption. */
export function* unencryptedApi(
  { ddnsProvider, ddnsApiUrl }: Of<"ddnsProvider" | "ddnsApiUrl">,
  name: NameOf,
): Generator<Doubt> {
  if (ddnsProvider === undefined || !ddnsApiUrl?.startsWith("http:")) return;
  const detail = `${name("ddnsApiUrl")} ${quote(ddnsApiUrl)}: http sends the API key unencrypted`;
  yield { key: "ddnsApiUrl", detail, remedy: "use https" };
}

/** Exits that are not asked for in a family. @param services what people call the list of services */
export function exitNotAsked(family: Family, services: string): Warning {
  return {
    detail: `${services}: all services have addresses of IPv${family === 4 ? 6 : 4}, so no leak of IPv${family} is found`,
    remedy: `add a service with a name, or with an address of IPv${family}`,
  };
}
