/** Targets that answer or fail after a given time, and a clock and timers that no real time moves. */
import type { ProbeResult } from "../../../src/probe/probe.ts";
import type { Timing } from "../../../src/probe/round.ts";

/** What a target does: milliseconds until it answers, and whether that is a failure; `Infinity` never answers. */
export interface Behaviour {
  readonly after: number;
  readonly fails?: boolean;
  /** Whether the first question is lost. */
  readonly loses?: boolean;
}

export const SILENT: Behaviour = { after: Infinity };

export const answer = (seconds: number): ProbeResult => ({ kind: "success", seconds, detail: "echo reply" });
export const failure = (seconds: number): ProbeResult => ({
  kind: "failure",
  seconds,
  code: "unreachable",
  detail: "unreachable",
});

/** A clock that stands still until it is moved; `pending` counts the timers. */
export function createFakeTiming() {
  let now = 1000;
  let order = 0;
  const due = new Map<number, { readonly at: number; readonly action: () => void }>();
  const timing: Timing = {
    now: () => now,
    timers: {
      set(at, action) {
        const id = order++;
        due.set(id, { at, action });
        return () => void due.delete(id);
      },
    },
  };
  const runPromises = () => new Promise<void>((resolve) => void setImmediate(resolve));
  /** Lets so many milliseconds pass, and runs what they make due in the order of its moments. */
  const pass = async (milliseconds: number): Promise<void> => {
    const end = now + milliseconds;
    await runPromises();
    for (;;) {
      const [next] = [...due].sort(([, one], [, other]) => one.at - other.at);
      if (!next || next[1].at > end) break;
      now = Math.max(now, next[1].at);
      due.delete(next[0]);
      next[1].action();
      await runPromises();
    }
    now = end;
  };
  return {
    ...{ timing, pass },
    pending: () => due.size,
    /** The process does not run for so long: what becomes due meanwhile runs all at once afterwards. */
    suspend: (milliseconds: number) => void (now += milliseconds),
  };
}

/**
 * Targets by name; `asked` and `again` have milliseconds since the start of the first and of the second question, and
 * `aborted` those that had not answered by the end.
 */
export function createFakeTargets({ now, timers }: Timing, behaviours: Readonly<Record<string, Behaviour>>) {
  const start = now();
  const asked: (readonly [at: number, target: string])[] = [];
  const again: (readonly [at: number, target: string])[] = [];
  const aborted: string[] = [];
  const ask = (target: string, signal: AbortSignal): Promise<ProbeResult> => {
    const isFirst = !asked.some(([, one]) => one === target);
    (isFirst ? asked : again).push([now() - start, target]);
    const { fails = false, loses = false, ...behaviour } = behaviours[target]!;
    const after = loses && isFirst ? Infinity : behaviour.after;
    return new Promise((resolve) => {
      let open = true;
      const end = (): void => {
        open = false;
        resolve((fails ? failure : answer)(after / 1000));
      };
      const cancel = after === Infinity ? () => {} : timers.set(now() + after, end);
      signal.addEventListener("abort", () => {
        if (open && isFirst) aborted.push(target);
        cancel();
        resolve({ kind: "failure", seconds: 9, code: "other", detail: "the request was aborted" });
      });
    });
  };
  return { ask, asked, again, aborted };
}
