import type { Status } from "../../../status/schema.ts";
import { verdictBadge } from "../badges.ts";
import { tick } from "./ages.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { find, setHidden, setText } from "./elements.ts";
import { showFlows } from "./flows-view.ts";
import { onFilterChange, showGateways } from "./gateways-view.ts";
import { showConnection } from "./connection-view.ts";
import { showEntry } from "./log-view.ts";
import { onPoolOpened, showPools } from "./pools-view.ts";
import { showDdns, showKernel } from "./side-view.ts";
import { announce, showInTab, showVerdict } from "./verdict-view.ts";

let newest: Status | undefined;

function onStatus(status: Status): void {
  if (newest && newest.service.commit !== status.service.commit) location.reload(); // the page of the new version
  newest = status;
  showInTab(verdictBadge(status));
  if (!document.hidden) showNewest(); // of a hidden page only the tab is visible
}

function showNewest(): void {
  if (!newest) return;
  setHidden(find("content"), false);
  showVerdict(newest);
  showPools(newest);
  showFlows(newest);
  showGateways(newest);
  showKernel(newest);
  showDdns(newest);
}

function onConnection(connection: ConnectionState): void {
  showConnection(connection);
  if (connection.kind !== "lost") return;
  showInTab({ tone: "quiet", text: "connection lost" });
  announce(`Connection lost: ${connection.why}`, "lost");
}

function tickForever(): void {
  tick();
  setTimeout(tickForever, 1000);
}

setText(find("host"), location.host);
find("notice-reload").addEventListener("click", () => location.reload());
onFilterChange(showNewest);
onPoolOpened(showNewest);
document.addEventListener("visibilitychange", () => document.hidden || showNewest());
new Connection({ status: onStatus, entry: showEntry, connection: onConnection });
tickForever();
