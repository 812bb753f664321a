import { quote } from "../../text/escape.ts";
import { routedFamilies } from "../destinations.ts";
import { tableOfIpv6 } from "../family-rules.ts";
import { addressesOf, type Config, looksUpThrough } from "../model.ts";
import { poolProblems } from "../pool-problems.ts";
import { ownFileRules, probePlaceRules, publicIpRules, tableRules } from "../rules.ts";
import { PROBE_SPAN } from "../../routing/probe-tables.ts";
import { hostOfUrl, targetName } from "../target-text.ts";
import { hostOfTarget } from "../through-values.ts";
import type { Document } from "./document.ts";
import type { Findings } from "./read.ts";
import { reportRules } from "./report-rules.ts";
import type { ServiceValues } from "./service-values.ts";
import { PUBLIC_IP, SERVICE } from "./tables.ts";

/** Reports values of one table that contradict those of others. */
export function reportAcrossTables(
  document: Document,
  service: Partial<ServiceValues>,
  config: Config,
  findings: Findings,
): void {
  const { publicIp } = document;
  reportRules(publicIp, PUBLIC_IP, findings, (name) =>
    publicIpRules(publicIp.values, (key) => !publicIp.given.has(key), name),
  );
  reportRules(document.service, SERVICE, findings, function* (name) {
    yield* tableRules(service, name);
    yield* ownFileRules(service, name);
    if (!usesProbePlaces(document, config)) return;
    const [{ table }, ...others] = config.pools;
    const { firstRulePreference, ...rest } = service;
    const isMoved =
      others.length > 0 || document.pools[0]?.given.has("preference") || firstRulePreference === undefined;
    yield* probePlaceRules(isMoved ? rest : { ...rest, firstRulePreference }, others.length > 0 ? [] : [table], name);
  });
  reportPreferenceOfOne(document, service, config, findings);
  reportTrackFiles(document, service, findings);
  reportPoolsBesideOthers(document, config, findings);
  reportTablesOfIpv6(document, config, findings);
  reportGatewaysAsTargets(document, config, findings);
  reportExitServices(document, config, findings);
}

/** Reports a preference of the only pool that leaves no room for the rules for probes before it. */
function reportPreferenceOfOne(
  document: Document,
  { probeRulePreference: first }: Partial<ServiceValues>,
  config: Config,
  findings: Findings,
): void {
  const [pool, ...others] = document.pools;
  const preference = pool?.values.preference;
  if (pool === undefined || others.length > 0 || preference === undefined || first === undefined) return;
  if (!usesProbePlaces(document, config) || preference >= first + PROBE_SPAN) return;
  findings.report(
    [...pool.path, "preference"],
    `${pool.title} preference ${preference}: the rules for probes have the preferences ${first} to ${first + PROBE_SPAN - 1}, and come first; raise it to ${first + PROBE_SPAN} or more, or lower probe-rule-preference of [service]`,
  );
}

/** Reports track files of pools that are also another file of the service: what the one says, the other would overwrite. */
function reportTrackFiles({ pools }: Document, service: Partial<ServiceValues>, findings: Findings): void {
  const { trackFile, drainFile, controlSocket } = service;
  const users = new Map<string, string>();
  const others = { "track-file": trackFile, "drain-file": drainFile, "control-socket": controlSocket };
  for (const [key, path] of Object.entries(others)) if (path) users.set(path, `${key} of [service]`);
  for (const { path: at, title, values } of pools) {
    const { ownTrackFile: path, name } = values;
    if (path === undefined) continue;
    const user = users.get(path);
    if (user)
      findings.report([...at, "track-file"], `${title} track-file ${quote(path)}: also the ${user}; name another`);
    else users.set(path, name === undefined ? "track-file of another pool" : `track-file of pool ${name}`);
  }
}

/** Reports what keeps several pools from working beside each other. */
function reportPoolsBesideOthers({ pools }: Document, config: Config, findings: Findings): void {
  if (pools.length < 2 || config.pools.some(({ name }) => name === undefined)) return;
  for (const { pool, key, detail, remedy } of poolProblems(config)) {
    findings.report([...pools[pool]!.path, key ?? ""], `${detail}; ${remedy}`);
  }
}

/** Reports tables of pools that route IPv6 for whose nexthops there are no ids. */
function reportTablesOfIpv6({ pools }: Document, config: Config, findings: Findings): void {
  for (const [index, pool] of config.pools.entries()) {
    const read = pools[index];
    if (read === undefined || !routedFamilies(pool).includes(6)) continue;
    for (const { text } of tableOfIpv6({ firstRoutingTableId: pool.table }, () => "table")) {
      findings.report([...read.path, "table"], `${read.title} ${text}`);
    }
  }
}

function usesProbePlaces({ exitCheck }: Document, config: Config): boolean {
  return (
    (exitCheck.values.exitCheck ?? []).length > 0 ||
    looksUpThrough(config) ||
    config.probes.some(({ kind }) => kind === "beyond")
  );
}

/** Targets beyond the gateways that are gateways themselves. */
function reportGatewaysAsTargets({ probes }: Document, config: Config, findings: Findings): void {
  const addresses = new Set(addressesOf(config));
  const made = config.probes;
  for (const [index, probe] of made.entries()) {
    if (probe.kind !== "beyond") continue;
    const { path, title, values } = probes[index]! as Extract<Document["probes"][number], { kind: "beyond" }>;
    for (const [text, target] of probe.targets) {
      if (!addresses.has(hostOfTarget(target))) continue;
      findings.report(
        [...path, "targets", values.targets!.findIndex((one) => one !== undefined && targetName(one) === text)],
        `${title} targets ${quote(text)}: it is one of the gateways, and shows nothing of what is beyond them; choose another`,
      );
    }
  }
}

/** Services that cannot answer an exit check, or are asked by another entry already. */
function reportExitServices({ exitCheck }: Document, config: Config, findings: Findings): void {
  const { path, title, values } = exitCheck;
  const addresses = new Set(addressesOf(config));
  const urls = values.exitCheck ?? [];
  for (const [index, url] of urls.entries()) {
    if (url === undefined) continue; // reported already
    const at = [...path, "services", index];
    const subject = `${title} services ${quote(url)}`;
    if (urls.indexOf(url) < index) findings.report(at, `${subject}: given twice; remove one`);
    else if (addresses.has(hostOfUrl(url))) {
      findings.report(
        at,
        `${subject}: its host is one of the gateways, and sees no packet that comes out beyond them; choose another`,
      );
    }
  }
}
