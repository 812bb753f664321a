/** A board and its selector, for tests on a clock of their own. */
import { Board } from "../../../src/pool/board.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { Selector } from "../../../src/pool/selector.ts";
import type { Quorum } from "../../../src/pool/quorum.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";

export const GATEWAYS = ["a", "b", "c"];
export const OK: ProbeResult = { kind: "success", seconds: 0.01, status: 200 };
export const FAIL: ProbeResult = { kind: "failure", seconds: 0.3, code: "refused", detail: "connection refused" };

/** A board and its selector, as in the service. All gateways are up unless told otherwise. */
export function setUp(flapHold: number, quorum: Partial<Quorum> = {}, start = "abc") {
  const events: ServiceEvent[] = [];
  const served: string[] = [];
  const emit = (event: ServiceEvent): void => {
    events.push(event);
    selector.record(event);
  };
  const selector = new Selector({
    gateways: GATEWAYS,
    flapHold,
    quorum: { least: 0, policy: "keep", ...quorum },
    emit,
    onChange: () => board.reconsider(),
  });
  const board = new Board({
    gateways: GATEWAYS,
    thresholds: { rise: 1, fall: 1 },
    adopted: new Set(),
    emit,
    select: (up) => selector.select(up),
    onSelected: (used) => void served.push([...used].join("")),
  });
  const lose = (...gateways: string[]): void => gateways.forEach((gateway) => board.record(gateway, FAIL));
  const back = (...gateways: string[]): void => gateways.forEach((gateway) => board.record(gateway, OK));
  for (const gateway of GATEWAYS) board.record(gateway, start.includes(gateway) ? OK : FAIL);
  return {
    ...{ board, selector, served, lose, back, emit },
    now: () => served.at(-1),
    /** Loses a gateway and gets it back. */
    flap: (gateway: string) => (lose(gateway), back(gateway)),
    told: (...types: ServiceEvent["type"][]) => events.filter(({ type }) => types.includes(type)),
  };
}
