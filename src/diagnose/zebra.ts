import { fine, type Finding, warning } from "./finding.ts";

/** A running zebra of FRR: the file of its configuration, and its text, where it may be read. */
export interface Zebra {
  readonly path: string;
  readonly text: string | undefined;
}

/** The line with which it leaves the nexthop objects of other programs alone. */
const LINE = "no zebra nexthop kernel enable";

/**
 * Whether FRR's zebra may undo changes of nexthop objects, by which routes of IPv6 name their gateways: by default it takes
 * them for its own as soon as a route that it knows uses them (zebra_nhg_handle_kernel_state_change in zebra/zebra_nhg.c).
 * FRR 8.4.4 was seen to set back objects with small ids (as https://github.com/FRRouting/frr/issues/14471 says), and never
 * those of this program: test/faults/zebra.ts. Other versions were not tried, so it is a warning.
 */
export function checkZebra(zebra: Zebra | undefined): Finding {
  const topic = "zebra";
  if (zebra === undefined) return fine(topic, "is not running");
  const { path, text = "" } = zebra;
  if (isRestrained(text)) return fine(topic, "is running, and leaves nexthop objects of other programs alone");
  return warning(
    topic,
    "is running, and takes over nexthop objects of other programs: it may undo the changes by which routes of IPv6 leave a gateway that has failed",
    `add the line ${LINE} to ${path}, and restart FRR`,
  );
}

/**
 * Whether a running zebra imports a table of ours (`ip import-table`). FRR 8.4.4 loses the imported route at the first change
 * of ours, exports nothing while the main table has a default route of its own, and writes a copy into the main table where
 * it has none: then packets that should fall through go to gateways.
 */
export function checkImportTable(zebra: Zebra | undefined, tables: readonly number[]): Finding[] {
  const { path, text = "" } = zebra ?? {};
  const lines = [...text.matchAll(/^[ \t]*(no )?(ip import-table (\d+).*?)[ \t]*$/gm)];
  const last = new Map(lines.map(([, no, line, table]) => [Number(table), no === undefined ? line! : undefined]));
  return tables.flatMap((table) => {
    const line = last.get(table);
    if (line === undefined) return [];
    const effect = `imports table ${table}: it loses the route at the first change of a gateway, and may copy it into the main table`;
    const remedy = `remove the line ${line} from ${path}, and export the default route by a marker (gateway-route-manager print frr)`;
    return warning("zebra", effect, remedy);
  });
}

/** Of lines that turn it on and off, the last one counts. */
function isRestrained(text: string): boolean {
  const lines = [...text.matchAll(/^[ \t]*(no )?zebra nexthop kernel enable[ \t]*$/gm)];
  return lines.at(-1)?.[1] !== undefined;
}

/** For all programs of FRR. */
const INTEGRATED = "frr.conf";

/**
 * Where a zebra with these arguments has its configuration: in a file that they name, in one for all programs of FRR, which
 * vtysh gives to it, or in one of its own. Where there is one for all, it does not read its own (vty_read_config in lib/vty.c).
 */
export function configurationOf(args: readonly string[], exists: (path: string) => boolean): string {
  const given = valueOf(args, "-f", "--config_file");
  if (given !== undefined) return given;
  const space = valueOf(args, "-N", "--pathspace");
  const folder = space === undefined ? FOLDER : `${FOLDER}/${space}`;
  const isIntegrated = [FOLDER, folder].some((one) => exists(`${one}/${INTEGRATED}`));
  return `${folder}/${isIntegrated ? INTEGRATED : "zebra.conf"}`;
}

const FOLDER = "/etc/frr";

function valueOf(args: readonly string[], short: string, long: string): string | undefined {
  const index = args.findIndex((arg) => arg === short || arg === long);
  if (index >= 0) return args[index + 1];
  const joined = args.find((arg) => arg.startsWith(`${long}=`) || (arg.startsWith(short) && arg.length > 2));
  return joined?.slice(joined.startsWith(`${long}=`) ? long.length + 1 : short.length);
}
