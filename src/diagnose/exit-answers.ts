import { FLAG_NAMES, type SettingNames } from "../config/setting-name.ts";
import { literalAddresses } from "../config/through-values.ts";
import { formatAddress } from "../net/address.ts";
import { type Cidr } from "../net/cidr.ts";
import { classify } from "../routing/classify.ts";
import type { Destinations } from "../routing/desired.ts";
import { list } from "../text/list.ts";
import { sysctl } from "../text/sysctl.ts";
import { failure, type Finding, warning } from "./finding.ts";

/** What decides whether answers to exit checks are accepted. */
export interface ExitAnswerFacts {
  /** Those of -exit-check. */
  readonly urls: readonly string[];
  /** How they are given; by a flag by default. */
  readonly names?: SettingNames;
  /** Those of each pool for packets from the addresses over which the own exit is asked for, or of the only one. */
  readonly destinations: Destinations | readonly Destinations[];
  /** Networks of this machine's interfaces. */
  readonly connected: readonly Cidr[];
  /** Whether a kill switch rejects packets to addresses that are not known before, while no gateway is in use. */
  readonly closed: boolean;
  /** Reverse path filters of the interfaces that lead to gateways. */
  readonly filters: ReadonlyMap<string, number>;
  /** Those of the other interfaces of the default route, over which the own exit is asked for. */
  readonly ownFilters: ReadonlyMap<string, number>;
}

/** Answers to exit checks that a reverse path filter drops. */
export function checkExitAnswers(facts: ExitAnswerFacts): Finding[] {
  if (facts.urls.length === 0) return [];
  return [...ownAnswers(facts), ...answersOfNames(facts)];
}

/** Where packets to the services use the gateways, the strict filter (1) drops those that come in elsewhere. */
function ownAnswers({ urls, destinations, connected, ownFilters, names = FLAG_NAMES }: ExitAnswerFacts): Finding[] {
  const strict = [...ownFilters].filter(([, value]) => value === 1).map(([device]) => device);
  const hosts = urls.map((url) => new URL(url).hostname);
  if ([destinations].flat().length === 0) return [];
  const isManaged = (address: string): boolean =>
    [destinations].flat().some((one) => classify(address, one, connected).kind === "managed");
  const literal = literalAddresses(hosts).map(({ address }) => formatAddress(address));
  if (strict.length === 0 || (literal.length === hosts.length && !literal.some(isManaged))) return [];
  const text = `strict (1) on ${strict.join(", ")}: while a gateway is in use, answers to the question for the own exit are dropped there, so ${names.featureOf("exitCheck")} finds no leak`;
  return [failure("rp_filter", text, sysctl("rp_filter", 2, ["all", ...strict]))];
}

function answersOfNames({ urls, closed, filters, ownFilters, names = FLAG_NAMES }: ExitAnswerFacts): Finding[] {
  const devices = [...filters, ...ownFilters].filter(([, value]) => value > 0).map(([device]) => device);
  const hasAddress = literalAddresses(urls.map((url) => new URL(url).hostname)).length > 0;
  if (!closed || hasAddress || devices.length === 0) return [];
  const text = `on at ${devices.join(", ")}: while no gateway is in use, answers of ${list(urls, 3)} are dropped (the kill switch rejects packets to addresses that are not known before), so a gateway that leaks is used for some seconds, and one that has leaked does not come back`;
  const remedy = `add a URL with an address to ${names.nameOf("exitCheck")}, or ${sysctl("rp_filter", 0, ["all", ...devices])}`;
  return [warning("rp_filter", text, remedy)];
}
