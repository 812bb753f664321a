import type { ProbeResult } from "../probe/probe.ts";
import { ADOPTED, advance, type Health, isBetweenStates, type Thresholds, UNKNOWN } from "./health.ts";
import type { ExitState, LeakFault } from "./leak.ts";
import type { QualityFault } from "./quality-triggers.ts";

export type Status = Health["status"];

/** Whether all probers of a gateway have to succeed, or any of them. */
export const REQUIREMENTS = ["all", "any"] as const;
export type Requirement = (typeof REQUIREMENTS)[number];

/** One of the probers of a pool. */
export interface ProberRule {
  readonly name: string;
  readonly thresholds: Thresholds;
  /** Whether the details of its results begin with its name. */
  readonly namesItself?: boolean;
}

/** What one result did to a gateway. */
export interface Change {
  readonly before: Status;
  readonly after: Status;
  /** Failures of the prober in a row. */
  readonly failures: number;
  /** Why: for a gateway that went down, every reason. */
  readonly detail: string;
}

/** The status of a gateway by those that its probers see. */
export function combine(statuses: readonly Status[], requirement: Requirement): Status {
  const [decisive, other] = requirement === "all" ? (["down", "up"] as const) : (["up", "down"] as const);
  if (statuses.includes(decisive)) return decisive;
  return statuses.includes("unknown") ? "unknown" : other;
}

/** What one prober knows of a gateway. */
interface Part {
  readonly health: Health;
  /** The last failure; empty before the first. */
  readonly failure: string;
  readonly fault: QualityFault | undefined;
}

const FRESH: Part = { health: UNKNOWN, failure: "", fault: undefined };

/** The health of one gateway: that by each of its probers, and what they come to together. */
export class GatewayHealth {
  readonly #probers: readonly ProberRule[];
  readonly #requirement: Requirement;
  readonly #parts: Map<string, Part>;
  #status: Status = "unknown";
  #exit: ExitState;

  /** @param checksExit whether the gateway is up only after its exit was asked for */
  constructor(probers: readonly ProberRule[], requirement: Requirement, checksExit = false) {
    this.#exit = checksExit ? "pending" : "unchecked";
    this.#probers = probers;
    this.#requirement = requirement;
    this.#parts = new Map(probers.map(({ name }) => [name, FRESH]));
  }

  /**
   * The same gateway under other rules. What a prober knows stays, unless it is a new one or asks for something else; until
   * such a one has its first result, the gateway is what it was.
   *
   * @param fresh names of probers that ask for something else
   */
  under(
    probers: readonly ProberRule[],
    requirement: Requirement,
    checksExit: boolean,
    fresh: ReadonlySet<string>,
  ): GatewayHealth {
    const health = new GatewayHealth(probers, requirement, checksExit);
    for (const { name } of probers) {
      const part = this.#parts.get(name);
      if (part && !fresh.has(name)) health.#parts.set(name, part);
    }
    health.#status = this.#status;
    if (checksExit && this.#exit !== "unchecked") health.#exit = this.#exit;
    return health;
  }

  get status(): Status {
    return this.#status;
  }

  /** The gateway carries traffic since an earlier run. */
  adopt(): void {
    for (const { name } of this.#probers) this.#parts.set(name, { ...FRESH, health: ADOPTED });
    this.#status = "up";
  }

  /** Takes in the result of a probe; `extra` for one besides the rhythm. */
  record(prober: string, result: ProbeResult, extra: boolean): Change {
    const part = this.#parts.get(prober)!;
    const { thresholds, namesItself = false } = this.#probers.find(({ name }) => name === prober)!;
    const health = advance(part.health, result, thresholds, extra);
    const detail = namesItself ? result.detail : this.#named(prober, result.detail);
    const failure = result.kind === "failure" ? detail : part.failure;
    return this.#set(prober, { ...part, health, failure }, detail);
  }

  /** The quality that a prober has measured has this fault from now on, or none any more. */
  setFault(prober: string, fault: QualityFault | undefined): Change {
    const part = this.#parts.get(prober)!;
    return this.#set(prober, { ...part, fault }, this.#named(prober, "loss and latency are within their limits again"));
  }

  /** The status by one prober alone. */
  statusBy(prober: string): Status {
    return statusOf(this.#parts.get(prober)!);
  }

  /** Its exit was asked for: it leaks, or no leak was found. */
  setExit(leak: LeakFault | undefined): Change {
    // A gateway that is not up has to be asked again when it comes up: it may have another exit then.
    this.#exit = leak ?? (this.#byProbers() === "up" ? "sound" : "pending");
    return this.#settle(0, "no leak was found");
  }

  get isLeaking(): boolean {
    return typeof this.#exit === "object";
  }

  /** Whether nothing but a question for its exit keeps it from being known to be up. */
  get awaitsExit(): boolean {
    return this.#exit === "pending" && this.#byProbers() === "up";
  }

  /** Whether the next results of a prober may turn what it sees. */
  isBetweenStates(prober: string): boolean {
    return isBetweenStates(this.#parts.get(prober)!.health);
  }

  #set(prober: string, part: Part, detail: string): Change {
    this.#parts.set(prober, part);
    return this.#settle(part.health.failures, detail);
  }

  #settle(failures: number, detail: string): Change {
    const before = this.#status;
    const combined = this.#combined();
    // What was known stays until a prober without a result has its first one, or the exit was asked for.
    if (combined !== "unknown") this.#status = combined;
    const turnedDown = this.#status === "down" && before !== "down";
    if (turnedDown && this.#exit === "sound") this.#exit = "pending";
    return { before, after: this.#status, failures, detail: turnedDown ? this.#reasons() : detail };
  }

  #byProbers(): Status {
    return combine([...this.#parts.values()].map(statusOf), this.#requirement);
  }

  /** A leak counts whatever the probers see. */
  #combined(): Status {
    if (this.isLeaking) return "down";
    return this.awaitsExit ? "unknown" : this.#byProbers();
  }

  /** A prober that fails is no reason while another one is enough. */
  #reasons(): string {
    const leak = typeof this.#exit === "object" ? [this.#exit.detail] : [];
    const parts = this.#byProbers() === "down" ? [...this.#parts] : [];
    const down = parts.filter(([, part]) => statusOf(part) === "down");
    return [...leak, ...down.map(([prober, part]) => this.#reasonOf(prober, part))].join("; ");
  }

  #reasonOf(prober: string, { health, failure, fault }: Part): string {
    return health.status === "down" ? failure : this.#named(prober, fault!.detail);
  }

  /** With only one prober there is nothing to tell apart. */
  #named(prober: string, detail: string): string {
    return this.#probers.length === 1 ? detail : `${prober}: ${detail}`;
  }
}

function statusOf({ health, fault }: Part): Status {
  return fault ? "down" : health.status;
}
