import type { Status } from "../../../status/schema.ts";
import { type ConnectionState, type Staleness, tabBadge } from "../headline.ts";
import { dataArrived, freezeAges, tick } from "./ages.ts";
import { Connection } from "./connection.ts";
import { find, setHidden, setText } from "./elements.ts";
import { attempt, onFault } from "./fault-view.ts";
import { showFlows } from "./flows-view.ts";
import { onFilterChange, showGateways } from "./gateways-view.ts";
import { showConnection, tickConnection } from "./connection-view.ts";
import { clockText, showEntry } from "./log-view.ts";
import { onPoolOpened, showPools } from "./pools-view.ts";
import { showDdns, showKernel } from "./side-view.ts";
import { showTraffic } from "./traffic-view.ts";
import { announce, announceVerdict, showInTab, showTotals, showVerdict } from "./verdict-view.ts";

let newest: Status | undefined;
let staleness: Staleness | undefined;

/** Each shows its part of a status; a fault in one does not keep the others from it. */
const PARTS: readonly ((status: Status, staleness: Staleness) => void)[] = [
  showVerdict,
  showTraffic,
  showTotals,
  showPools,
  showFlows,
  showGateways,
  showKernel,
  showDdns,
];

function onStatus(status: Status, connection: ConnectionState): void {
  if (newest && newest.service.commit !== status.service.commit) location.reload(); // the page of the new version
  newest = status;
  dataArrived();
  show(connection);
  announceVerdict(status);
}

function onInterrupted(connection: ConnectionState): void {
  freezeAges();
  show(connection);
  const why = connection.kind === "lost" ? `Connection lost: ${connection.why}` : "The service was stopped";
  announce(why, connection.kind);
}

/** Shows the newest status and whether it is old. */
function show(connection: ConnectionState): void {
  staleness = { connection, clock: clockText };
  setHidden(find("stalled"), true); // the script works
  showConnection(staleness, newest?.service.time);
  showInTab(tabBadge(newest, connection), newest);
  if (!document.hidden) showNewest(); // of a hidden page only the tab is visible
}

function showNewest(): void {
  if (!newest || !staleness) return;
  setHidden(find("content"), false);
  for (const part of PARTS) attempt(() => part(newest!, staleness!));
}

function tickForever(): void {
  tick();
  tickConnection();
  setTimeout(tickForever, 1000);
}

onFault();
setText(find("host"), location.host);
find("notice-reload").addEventListener("click", () => location.reload());
onFilterChange(showNewest);
onPoolOpened(showNewest);
document.addEventListener("visibilitychange", () => document.hidden || showNewest());
new Connection({ status: onStatus, entry: (entry) => attempt(() => showEntry(entry)), interrupted: onInterrupted });
tickForever();
