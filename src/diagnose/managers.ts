import type { Family } from "../net/address.ts";
import { fine, type Finding, warning } from "./finding.ts";

/** One setting of an INI file: `[section] key=value`. */
interface Setting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** Reads an INI file as systemd and GLib write it; comments start with `#` or `;`. */
export function parseIni(text: string): Setting[] {
  const settings: Setting[] = [];
  let section = "";
  for (const line of text.replaceAll(/\\\r?\n/g, " ").split(/\r?\n/)) {
    const trimmed = line.trim();
    const heading = /^\[(.*)\]$/.exec(trimmed)?.[1];
    if (heading !== undefined) section = heading;
    else if (/^[^#;=]+=/.test(trimmed)) {
      const at = trimmed.indexOf("=");
      settings.push({ section, key: trimmed.slice(0, at).trim(), value: trimmed.slice(at + 1).trim() });
    }
  }
  return settings;
}

const FALSE = new Set(["0", "no", "n", "false", "f", "off"]);

/** What systemd-networkd removes by default (networkd.conf(5)): rules since its version 249, routes since 246. */
const FOREIGN = { ManageForeignRoutingPolicyRules: "rules", ManageForeignRoutes: "routes" } as const;

/** The same of nexthop objects, since 256. Older versions ignore a key that they do not know. */
const FOREIGN_NEXTHOPS = { ManageForeignNextHops: "nexthop objects" } as const;

/**
 * Whether a running systemd-networkd removes rules and routes of other programs.
 *
 * @param texts its main file and the drop-ins: of one setting, the last counts
 * @param families those that are routed: IPv6 needs nexthop objects besides
 */
export function checkNetworkd(running: boolean, texts: readonly string[], families: readonly Family[] = [4]): Finding {
  const topic = "systemd-networkd";
  if (!running) return fine(topic, "is not running");
  const settings = texts.flatMap(parseIni).filter(({ section }) => section === "Network");
  const foreign = { ...FOREIGN, ...(families.includes(6) && FOREIGN_NEXTHOPS) };
  const removed = Object.entries(foreign).filter(([key]) => {
    const value = settings.findLast((setting) => setting.key === key)?.value.toLowerCase();
    return value === undefined || !FALSE.has(value);
  });
  if (removed.length === 0) return fine(topic, "is running, and keeps rules and routes of other programs");
  const lines = inWords(removed.map(([key]) => `${key}=no`));
  return warning(
    topic,
    `is running, and removes ${inWords(removed.map(([, what]) => what))} of other programs whenever it configures an interface; the service restores them, but packets may take the wrong route until then`,
    `put ${lines} under [Network] in /etc/systemd/networkd.conf.d/foreign.conf and restart systemd-networkd`,
  );
}

function inWords(words: readonly string[]): string {
  return [words.slice(0, -1).join(", "), ...words.slice(-1)].filter((one) => one !== "").join(" and ");
}

/** A file of NetworkManager and its text. */
export interface NamedText {
  readonly path: string;
  readonly text: string;
}

/**
 * Whether a running NetworkManager removes routes of other programs. It manages the main table only, except for a
 * connection with a `route-table` of its own: there it removes extraneous routes of that family from every table (nm-settings,
 * ipv4.route-table, since 1.10). It never removes a rule that it has not made.
 */
export function checkNetworkManager(
  running: boolean,
  files: readonly NamedText[],
  families: readonly Family[] = [4],
): Finding {
  const topic = "NetworkManager";
  if (!running) return fine(topic, "is not running");
  const paths = files
    .filter(({ text }) => parseIni(text).some((one) => families.some((family) => setsRouteTable(one, family))))
    .map(({ path }) => path);
  if (paths.length === 0) return fine(topic, "is running, and manages the main table only");
  return warning(
    topic,
    `is running, and ${paths.join(", ")} sets a route-table: on the interfaces of that connection it removes routes of other programs from every table`,
    "remove route-table there if that is an interface to the gateways",
  );
}

function setsRouteTable({ section, key, value }: Setting, family: Family): boolean {
  const ofProfile = section === `ipv${family}` && key === "route-table";
  const global = section.startsWith("connection") && key === `ipv${family}.route-table`;
  return (ofProfile || global) && Number(value) !== 0;
}
