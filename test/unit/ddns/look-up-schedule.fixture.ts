/** Look-ups that a test ends, and a clock that a test moves. */
import { jest } from "bun:test";

import type { LookUpResult } from "../../../src/ddns/look-up-result.ts";
import { LookUpSchedule } from "../../../src/ddns/look-up-schedule.ts";

export const REFRESH = 30_000;
export const FAILURE: LookUpResult = { kind: "failure", seconds: 0, code: "status", detail: "status 503" };
export const SUCCESS: LookUpResult = { kind: "success", seconds: 0, address: "1.0.0.1" };

/** One look-up. */
interface StartedLookUp {
  readonly gateway: string;
  readonly at: number;
  readonly signal: AbortSignal;
  readonly end: (result: LookUpResult) => Promise<void>;
}

/** Lets promises that are due settle, without time passing. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

export async function pass(milliseconds: number, step = 50): Promise<void> {
  await settle();
  for (let left = milliseconds; left > 0; left -= step) {
    jest.advanceTimersByTime(Math.min(step, left));
    await settle();
  }
}

interface SetUp {
  readonly refresh?: number;
  readonly chance?: number;
  /** Ends every look-up at once; without it the test ends them. */
  readonly answer?: () => LookUpResult;
}

export function setUp({ refresh = REFRESH, chance = 0, answer }: SetUp = {}) {
  const start = performance.now();
  const lookUps: StartedLookUp[] = [];
  const results: string[] = [];
  const schedule = new LookUpSchedule({
    refresh,
    random: () => chance,
    lookUp(gateway, signal) {
      const { promise, resolve } = Promise.withResolvers<LookUpResult>();
      const end = (result: LookUpResult): Promise<void> => (resolve(result), settle());
      lookUps.push({ gateway, at: Math.round(performance.now() - start), signal: signal!, end });
      if (answer) resolve(answer());
      return promise;
    },
    onResult: (gateway, result) => void results.push(`${gateway} ${result.kind}`),
  });
  return {
    lookUps,
    results,
    activate: (...gateways: string[]) => schedule.setActive(new Set(gateways)),
    names: () => lookUps.map(({ gateway }) => gateway).join(""),
    times: () => lookUps.map(({ at }) => at),
  };
}
