import type { LogEntry } from "../../../status/schema.ts";
import { copyOf, find, setAttribute, setHidden, setText, within } from "./elements.ts";

/** As many as the log buffer of the service has. */
const MOST_ENTRIES = 200;

const known = new Set<number>();

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** A time of the service in the time zone of the browser, with the day unless it is today. */
export function clockText(time: string): string {
  const at = new Date(time);
  return isToday(at) ? clock.format(at) : calendar.format(at);
}

/** Adds an entry on top, with its time in the time zone of the browser. A known entry changes nothing. */
export function showEntry({ id, time, level, text }: LogEntry): void {
  if (known.has(id)) return;
  known.add(id);
  const at = new Date(time);
  const item = copyOf("entry");
  setAttribute(item, "data-level", level);
  const moment = within<HTMLTimeElement>(item, "time");
  moment.dateTime = time;
  moment.title = exact.format(at);
  setText(moment, clockText(time));
  setText(within(item, ".level"), level === "info" ? "" : level);
  setText(within(item, ".text"), text);
  item.dataset["id"] = String(id);
  const list = find("entries");
  list.prepend(item);
  setHidden(find("log-empty"), true);
  while (list.childElementCount > MOST_ENTRIES) forget(list.lastElementChild as HTMLElement);
}

function forget(item: HTMLElement): void {
  known.delete(Number(item.dataset["id"]));
  item.remove();
}

function isToday(at: Date): boolean {
  return at.toDateString() === new Date().toDateString();
}
