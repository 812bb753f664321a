import type { ServiceEvent } from "../../../src/events/events.ts";
import type { Fields, Level } from "../../../src/log/log.ts";
import { createServiceLog } from "../../../src/log/service-log.ts";
import { dnsName } from "../../fixtures/dns-names.ts";

export interface Line {
  readonly level: Level;
  readonly message: string;
  readonly fields: Fields | undefined;
}

/** The lines after these events, at every level, of pools with these names. */
export function linesOf(names: readonly string[], ...events: readonly ServiceEvent[]): Line[] {
  const lines: Line[] = [];
  const write = (level: Level, message: string, fields?: Fields): void => void lines.push({ level, message, fields });
  const log = Object.assign(write, { writes: () => true });
  const pools = names.map((name, index) => ({
    name,
    firstRoutingTableId: 180 + index,
    dnsNames: [dnsName(`${name}.example.com`)],
  }));
  const unnamed = { firstRoutingTableId: 180, dnsNames: [] };
  const record = createServiceLog(log, names.length === 0 ? [unnamed] : pools);
  for (const event of events) record(event);
  return lines;
}

/** The lines after these events of one pool without a name. */
export const lines = (...events: readonly ServiceEvent[]): Line[] => linesOf([], ...events);

export const sentences = (...events: readonly ServiceEvent[]): string[] =>
  lines(...events).map(({ level, message }) => `${level}: ${message}`);

export const trouble = (detail: string): ServiceEvent => ({
  type: "trouble",
  error: { code: "ip", detail },
  waitMs: 50,
});
export const settled: ServiceEvent = { type: "settled" };
export const turned = (gateway: string, status: "up" | "down", detail: string): ServiceEvent => {
  return { type: "gateway", gateway, before: "unknown", status, detail, up: 2, down: 3, total: 5 };
};
