import type { Config } from "../config/model.ts";
import { settingNames, type SettingNames } from "../config/setting-name.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** What decides whether two routers choose the same gateway for a connection. */
export interface PairFacts {
  /** What shows that this router is one of a pair; undefined where nothing does. */
  readonly sign: string | undefined;
  /** The seed that is asked for. */
  readonly wanted: number | undefined;
  /** The kernel's: 0 is another one at each boot, undefined a kernel without it. */
  readonly seed: string | undefined;
  /** What the kernel spreads flows by (fib_multipath_hash_policy). */
  readonly hashPolicy: string | undefined;
  /** Whether the service could set it. */
  readonly isSettable: boolean;
  /** Whether a pool places lost slots by its history. */
  readonly isByHistory: boolean;
  /** What people call the settings. */
  readonly names: SettingNames;
}

/** The part of the facts that the configuration knows. */
export function pairOf(
  { service, pools }: Config,
  isVrrpRunning: boolean,
): Omit<PairFacts, "seed" | "isSettable" | "hashPolicy"> {
  const names = settingNames(service);
  const signs = [
    ...(pools.some(({ dnsNames }) => dnsNames.some((one) => one.ddnsRequireIpAddress !== undefined))
      ? [names.nameOf("ddnsRequireIpAddress")]
      : []),
    ...(pools.some(({ placement }) => placement === "usable") ? [names.withValues([["placement", "usable"]])] : []),
    ...(isVrrpRunning ? ["keepalived runs here"] : []),
  ];
  const isByHistory = pools.some(({ placement, members }) => placement === "history" && members.length > 2);
  return { sign: signs[0], wanted: service.hashSeed, isByHistory, names };
}

const SETTING = "net.ipv4.fib_multipath_hash_seed";

/** A seed to propose: any number does, as long as both routers have it. */
const PROPOSED = 173;

/** Whether connections stay on their gateways when the other router of a pair takes over. */
export function checkPair(facts: PairFacts): Finding[] {
  const { isByHistory, wanted, names } = facts;
  const sign = facts.sign ?? (wanted === undefined ? undefined : names.nameOf("hashSeed"));
  if (sign === undefined) return [];
  const placement = warning(
    "placement",
    `${sign}: after several losses, two routers may use different gateways for some connections`,
    `${names.withValues([["placement", "usable"]])} on both`,
  );
  return [checkSeed(facts, sign), ...checkPolicy(facts, sign), ...(isByHistory ? [placement] : [])];
}

/** By source, destination, protocol and ports (FIB_MULTIPATH_HASH_FIELD_... in include/net/ip_fib.h). */
const FIELDS = "0x37";

/**
 * With policy 1 the kernel takes the hash that a packet has already (fib_multipath_hash in net/ipv4/route.c): that of the
 * network card, which has a key of its own, or that of a socket on this machine, which changes when a packet is repeated.
 */
function checkPolicy({ hashPolicy }: PairFacts, sign: string): Finding[] {
  if (hashPolicy !== "1") return [];
  const policy = "net.ipv4.fib_multipath_hash_policy";
  return [
    warning(
      "pair hash policy",
      `${sign}: with ${policy} 1 a network card may choose the hash of a packet, so that the other router chooses another gateway`,
      `sysctl -w net.ipv4.fib_multipath_hash_fields=${FIELDS} ${policy}=3 on both (Linux 5.13), and the same for net.ipv6`,
    ),
  ];
}

function checkSeed({ seed, wanted, isSettable, names }: PairFacts, sign: string): Finding {
  const topic = "hash seed";
  if (wanted !== undefined) {
    const given = names.withValues([["hashSeed", wanted]]);
    if (seed === undefined) return failure(topic, `${given}: this kernel has no ${SETTING}`, "use Linux 6.11 or newer");
    if (Number(seed) === wanted || isSettable) return fine(topic, `${wanted}; the other router needs the same`);
    const remedy = `sysctl -w ${SETTING}=${wanted} from outside, for a container with --sysctl ${SETTING}=${wanted}`;
    return failure(topic, `${given}: ${SETTING} cannot be written here`, remedy);
  }
  if (Number(seed ?? 0) !== 0) return fine(topic, `${seed}; the other router needs the same`);
  return warning(
    topic,
    `${sign}: each router has a seed of its own, so most connections change their gateway when the other one takes over`,
    seed === undefined
      ? "use Linux 6.11 or newer on both routers, which can have the same"
      : `${names.withValues([["hashSeed", PROPOSED]])} on both (or sysctl -w ${SETTING}=${PROPOSED})`,
  );
}
