import { fine, type Finding, warning } from "./finding.ts";

/** One setting of an INI file: `[section] key=value`. */
export interface Setting {
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

/** What systemd-networkd takes away by default (networkd.conf(5)): rules since its version 249, routes since 246. */
const FOREIGN = { ManageForeignRoutingPolicyRules: "rules", ManageForeignRoutes: "routes" } as const;

/**
 * What a running systemd-networkd does to rules and routes of others.
 *
 * @param texts its main file and the drop-ins, in the order in which they count: later ones win
 */
export function judgeNetworkd(running: boolean, texts: readonly string[]): Finding {
  const topic = "systemd-networkd";
  if (!running) return fine(topic, "does not run here");
  const settings = texts.flatMap(parseIni).filter(({ section }) => section === "Network");
  const taken = Object.entries(FOREIGN).filter(([key]) => {
    const value = settings.findLast((setting) => setting.key === key)?.value.toLowerCase();
    return value === undefined || !FALSE.has(value);
  });
  if (taken.length === 0) return fine(topic, "runs, and leaves rules and routes of others alone");
  const lines = taken.map(([key]) => `${key}=no`).join(" and ");
  return warning(
    topic,
    `runs, and removes ${taken.map(([, what]) => what).join(" and ")} of others whenever it sets up an interface; they are put back, but packets may take the wrong way meanwhile`,
    `put ${lines} under [Network] in /etc/systemd/networkd.conf.d/foreign.conf and restart systemd-networkd`,
  );
}

/** A file of NetworkManager and its text. */
export interface NamedText {
  readonly path: string;
  readonly text: string;
}

/**
 * What a running NetworkManager does to routes of others. It keeps to the main table, except for a connection with a
 * `route-table` of its own: there it takes extraneous routes out of every table (nm-settings, ipv4.route-table, since
 * 1.10). It never removes a rule that it has not made.
 */
export function judgeNetworkManager(running: boolean, files: readonly NamedText[]): Finding {
  const topic = "NetworkManager";
  if (!running) return fine(topic, "does not run here");
  const guilty = files.filter(({ text }) => parseIni(text).some(setsRouteTable)).map(({ path }) => path);
  if (guilty.length === 0) return fine(topic, "runs, and keeps to the main table");
  return warning(
    topic,
    `runs, and a route-table is set in ${guilty.join(", ")}: on the interfaces of that connection it removes routes of others from every table`,
    "remove route-table there if that is an interface to the gateways, or let NetworkManager leave the interface alone (unmanaged-devices)",
  );
}

function setsRouteTable({ section, key, value }: Setting): boolean {
  const ofProfile = section === "ipv4" && key === "route-table";
  const global = section.startsWith("connection") && key === "ipv4.route-table";
  return (ofProfile || global) && Number(value) !== 0;
}
