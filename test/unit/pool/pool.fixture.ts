/** A pool on which each decision is made at once, for tests with fake timers. */
import type { PoolEvent } from "../../../src/pool/events.ts";
import type { ProberRule, Requirement } from "../../../src/pool/gateway-health.ts";
import type { Thresholds } from "../../../src/pool/health.ts";
import type { UnusableNexthop } from "../../../src/pool/nexthop-fault.ts";
import { Gateways } from "../../../src/pool/gateways.ts";
import { LinkFaults } from "../../../src/pool/link-faults.ts";
import { Pool } from "../../../src/pool/pool.ts";
import type { Quorum } from "../../../src/pool/quorum.ts";
import { selectGateways } from "../../../src/pool/select.ts";
import type { TierRules } from "../../../src/pool/tiers.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";

export const GATEWAYS = ["a", "b", "c"];
export const OK: ProbeResult = { kind: "success", seconds: 0.01, detail: "status 200", status: 200 };
export const FAIL: ProbeResult = { kind: "failure", seconds: 0.3, code: "refused", detail: "connection refused" };

export interface PoolSettings {
  readonly flapHold?: number;
  readonly quorum?: Partial<Quorum>;
  readonly tiers?: TierRules;
  readonly thresholds?: Thresholds;
  /** Instead of the thresholds of the only prober. */
  readonly probers?: readonly [ProberRule, ...ProberRule[]];
  readonly requirement?: Requirement;
  /** Whether a gateway is up only after its exit was asked for. */
  readonly checksExit?: boolean;
  /** Gateways that carry traffic since an earlier run. */
  readonly adopted?: readonly string[];
  /** Gateways that are drained from the start on. */
  readonly drained?: readonly string[];
}

/** A pool; `decisions` lists the gateways to use after each decision. */
export function openPool(settings: PoolSettings = {}) {
  const {
    flapHold = 0,
    quorum: wanted,
    tiers,
    thresholds,
    probers,
    requirement = "all",
    adopted = [],
    drained = [],
    checksExit = false,
  } = settings;
  const events: PoolEvent[] = [];
  const decisions: string[] = [];
  const asked: string[] = [];
  const quorum: Quorum = { least: 0, policy: "keep", ...wanted };
  let unusable: readonly UnusableNexthop[] = [];
  let readings = 0;
  const decide = (): void => {
    const faulty = new Set(unusable.map(({ gateway }) => gateway));
    const selection = selectGateways(members.state(), quorum, faulty, tiers);
    decisions.push(selection.used.join(""));
    members.decided(selection, unusable);
  };
  const emit = (event: PoolEvent): void => void events.push(event);
  const only: ProberRule = { name: "http", thresholds: thresholds ?? { rise: 1, fall: 1 } };
  const rules = { probers: probers ?? ([only] as const), requirement };
  const health = new Gateways({
    gateways: new Map(GATEWAYS.map((gateway) => [gateway, rules])),
    emit,
    drained: new Set(drained),
    onExitNeeded: checksExit
      ? (gateway: string, isNew: boolean) => void asked.push(isNew ? gateway : `${gateway} still`)
      : undefined,
  });
  const members = new Pool({
    ...{ gateways: GATEWAYS, health, linkFaults: new LinkFaults(emit), flapHold, quorum, tiers, emit },
    moment: 1000,
    onChange: decide,
    onAllLost: () => readings++,
  });
  health.addFollower(members);
  const rejectBecause = (detail: string, ...gateways: string[]): void => {
    unusable = gateways.map((gateway) => ({ gateway, fault: { code: "not-connected", detail } }));
    decide();
  };
  health.adopt(new Set(adopted));
  members.adopt(new Set(adopted));
  const pool = {
    record: health.record.bind(health),
    setExit: health.setExit.bind(health),
    setFault: health.setFault.bind(health),
    setDrained: (...gateways: string[]) => health.setDrained(new Set(gateways)),
    isBetweenStates: health.isBetweenStates.bind(health),
    examine: members.examine.bind(members),
    isLast: members.isLast.bind(members),
    stop: members.stop.bind(members),
    get kept(): ReadonlySet<string> {
      return members.kept;
    },
  };
  return {
    ...{ decisions, decide },
    /** The pool, and the health of its gateways. */
    pool,
    /** Gateways whose exit was to be asked for. */
    asked,
    readings: () => readings,
    /** The gateways to use after the last decision. */
    used: () => decisions.at(-1),
    /** From now on the kernel rejects these gateways. */
    reject: (...gateways: string[]) => rejectBecause("not on-link", ...gateways),
    rejectBecause,
    reported: (...types: PoolEvent["type"][]) => events.filter(({ type }) => types.includes(type)),
  };
}

/** A pool whose gateways have all been probed once. */
export function setUp(flapHold: number, quorum: Partial<Quorum> = {}, healthy = "abc") {
  const opened = openPool({ flapHold, quorum });
  const { pool } = opened;
  const fail = (...gateways: string[]): void => gateways.forEach((gateway) => pool.record(gateway, FAIL));
  const recover = (...gateways: string[]): void => gateways.forEach((gateway) => pool.record(gateway, OK));
  for (const gateway of GATEWAYS) pool.record(gateway, healthy.includes(gateway) ? OK : FAIL);
  return {
    ...{ ...opened, fail, recover },
    /** A gateway fails once and recovers. */
    flap: (gateway: string) => (fail(gateway), recover(gateway)),
  };
}
