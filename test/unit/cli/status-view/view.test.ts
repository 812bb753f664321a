import { expect, test } from "bun:test";

import type { LogEntry } from "../../../../src/status/schema.ts";
import { renderView } from "../../../../src/cli/status-view/format.ts";
import {
  afterEvent,
  EMPTY_VIEW,
  SHOWN_ENTRIES,
  type StatusEvent,
  type View,
} from "../../../../src/cli/status-view/view.ts";
import { setUp } from "../../status/model.fixture.ts";

const look = { width: 40, colour: false };
const status = setUp().status();
const entry = (id: number, text = `entry ${id}`): LogEntry => ({
  id,
  time: "2026-01-02T03:04:05.678Z",
  level: "warn",
  text,
});
const after = (...events: readonly StatusEvent[]): View => events.reduce(afterEvent, EMPTY_VIEW);

test("a view has the newest status and the last log entries", () => {
  const entries = Array.from({ length: SHOWN_ENTRIES + 3 }, (_, id): StatusEvent => ({
    kind: "entry",
    entry: entry(id),
  }));
  const view = after(...entries, { kind: "status", status });
  expect(view.status).toBe(status);
  expect(view.entries.map(({ id }) => id)).toEqual(Array.from({ length: SHOWN_ENTRIES }, (_, index) => index + 3));
});

test("a lost connection is shown with the last status until the next status arrives", () => {
  const lost = after({ kind: "status", status }, { kind: "lost", why: "refused" });
  expect(lost).toMatchObject({ status, lost: "refused" });
  expect(renderView(lost, look, 99)[0]).toBe("connection lost: refused");
  expect(afterEvent(lost, { kind: "status", status }).lost).toBeUndefined();
});

test("a stop of the service is shown instead of the lost connection that follows it", () => {
  const stopped = { time: "2026-01-02T03:04:05.678Z", reason: "SIGTERM", routes: "kept" } as const;
  const view = after({ kind: "status", status }, { kind: "stopped", stopped }, { kind: "lost", why: "refused" });
  expect(renderView(view, { ...look, width: 200 }, 99)[0]).toBe(
    "the service was stopped at 03:04:05 UTC (SIGTERM): its routes and rules stay as they are, for the next start (-on-exit keep)",
  );
  expect(renderView(afterEvent(view, { kind: "status", status }), look, 99)[0]).not.toContain("stopped");
});

test("a view fits into its rows and counts the lines that do not", () => {
  const view = after({ kind: "status", status }, { kind: "entry", entry: entry(1, "x".repeat(100)) });
  const all = renderView(view, look, 99);
  expect(all.slice(-2)).toEqual(["log, in UTC", `03:04:05 ${"x".repeat(30)}…`]);
  for (const line of all) expect(line.length).toBeLessThanOrEqual(40);
  const few = renderView(view, look, 5);
  expect(few).toHaveLength(5);
  expect(few.at(-1)).toBe(`${all.length - 4} more lines`);
});

test("a view that does not fit keeps the newest entries of the log", () => {
  const entries = [1, 2, 3, 4].map((id) => ({ kind: "entry", entry: entry(id, `event ${id}`) }) as const);
  const view = after({ kind: "status", status }, ...entries);
  const all = renderView(view, look, 99);
  const few = renderView(view, look, all.length - 2);
  expect(few).toEqual([...all.slice(0, -4), ...all.slice(-2)]);
});
