import type { LogEntry, Status } from "../../status/schema.ts";

/** What a follower of a service is told. */
export type News =
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "entry"; readonly entry: LogEntry }
  /** The connection is lost, or there was none; another one is tried soon. */
  | { readonly kind: "lost"; readonly why: string };

/** How many log entries are kept to be shown. */
export const SHOWN_ENTRIES = 8;

/** What is known of a service that is being watched. */
export interface View {
  /** The newest; undefined until the first is there. */
  readonly status: Status | undefined;
  /** The newest log entries, oldest first. */
  readonly entries: readonly LogEntry[];
  /** Why there is no connection now; undefined while there is one. */
  readonly lost: string | undefined;
}

export const NOTHING_YET: View = { status: undefined, entries: [], lost: undefined };

/** What is known after one more piece of news. */
export function afterNews(view: View, news: News): View {
  switch (news.kind) {
    case "status":
      return { ...view, status: news.status, lost: undefined };
    case "entry":
      return { ...view, entries: [...view.entries, news.entry].slice(-SHOWN_ENTRIES) };
    case "lost":
      return { ...view, lost: news.why };
  }
}
