import type { Statement } from "../../../status/packets.ts";
import type { Status } from "../../../status/schema.ts";
import { circumstancesOf, type Staleness } from "../headline.ts";
import { copyOf, find, keepChildren, type Keyed, setHidden, setText, setTone, within } from "./elements.ts";

const traffic: Keyed = new Map();
const switches: Keyed = new Map();

/** Shows what happens to packets now, whether a kill switch is on, and on which machine. */
export function showTraffic(status: Status, { connection }: Staleness): void {
  const { host } = status.service;
  const now = circumstancesOf(status, connection);
  setHidden(find("circumstances"), false);
  setHidden(find("machine-row"), host === undefined);
  setText(find("machine"), host ?? "");
  showStatements(find("traffic"), now.traffic, traffic);
  showStatements(find("kill-switch"), now.killSwitch, switches);
}

function showStatements(list: HTMLElement, all: readonly Statement[], have: Keyed): void {
  const keys = all.map(({ text }) => text);
  keepChildren(list, keys, have, () => copyOf("told"));
  for (const { who, text, tone } of all) {
    const item = have.get(text)!;
    setTone(item, tone);
    setText(within(item, ".who-told"), who === "" ? "" : `${who}:`);
    setText(within(item, ".what"), text);
  }
}
