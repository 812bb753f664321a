import { leftText, stoppedText } from "../../status/phrases.ts";
import type { LogEntry, Status, Stopped } from "../../status/schema.ts";

/** One event of the stream of a service. */
export type StatusEvent =
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "entry"; readonly entry: LogEntry }
  /** The service was stopped on purpose; the connection is lost right after. */
  | { readonly kind: "stopped"; readonly stopped: Stopped }
  /** The connection was lost, or could not be made; another attempt follows. */
  | { readonly kind: "lost"; readonly why: string };

/** How many log entries a view has at most. */
export const SHOWN_ENTRIES = 8;

/** What a live view shows of a service. */
export interface View {
  /** The newest status; undefined before the first. */
  readonly status: Status | undefined;
  /** The newest log entries, oldest first. */
  readonly entries: readonly LogEntry[];
  /** That the service was stopped; undefined while it runs, as far as is known. */
  readonly stopped?: string | undefined;
  /** Why there is no connection; undefined while there is one. */
  readonly lost: string | undefined;
}

export const EMPTY_VIEW: View = { status: undefined, entries: [], lost: undefined };

/** The view after one more event. */
export function afterEvent(view: View, event: StatusEvent): View {
  switch (event.kind) {
    case "status":
      return { ...view, status: event.status, stopped: undefined, lost: undefined };
    case "entry":
      return { ...view, entries: [...view.entries, event.entry].slice(-SHOWN_ENTRIES) };
    case "stopped": {
      const { stopped } = event;
      const text = `${stoppedText(stopped, `${stopped.time.slice(11, 19)} UTC`)}: ${leftText(stopped)}`;
      return { ...view, stopped: text, lost: text };
    }
    case "lost":
      return { ...view, lost: event.why };
  }
}
