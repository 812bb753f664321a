import { type RecordType, RECORD_TYPES } from "../ddns/record-type.ts";
import type { Family } from "../net/address.ts";
import type { Ddns } from "./schema.ts";
import { earliest } from "./timestamp.ts";

type NameOfFamily = readonly [Family, Ddns];

/** The state of a DNS name as a whole, by that of its records in each family, of which there is one at least. */
export function joinFamilies(names: readonly NameOfFamily[]): Ddns {
  const all = names.map(([, name]) => name);
  const [first, ...others] = all;
  if (others.length === 0) return first!;
  const { provider, hostname } = first!;
  return {
    ...{ provider, hostname },
    onDuty: worstOf(all.map(({ onDuty }) => onDuty)),
    ok: worstOf(all.map(({ ok }) => ok)),
    addresses: all.flatMap(({ addresses }) => addresses),
    pending: all.some(({ pending }) => pending !== null)
      ? all.flatMap(({ addresses, pending }) => pending ?? addresses)
      : null,
    lastSuccess: earliest(all.map(({ lastSuccess }) => lastSuccess)),
    lastError: newest(all.flatMap(({ lastError }) => lastError ?? [])),
    nextTrySeconds: least(all.map(({ nextTrySeconds }) => nextTrySeconds)),
    records: names.map(([family, name]) => recordsOf(RECORD_TYPES[family], name)),
  };
}

function recordsOf(
  type: RecordType,
  { provider: _, hostname: __, gateway: ___, onDuty: ____, records: _____, ...state }: Ddns,
) {
  return { type, ...state };
}

/** What is false for one is so for the whole, and then what is unknown. */
function worstOf(all: readonly (boolean | null)[]): boolean | null {
  if (all.includes(false)) return false;
  return all.includes(null) ? null : true;
}

function newest(all: readonly NonNullable<Ddns["lastError"]>[]): Ddns["lastError"] {
  return all.toSorted((one, other) => one.at.ageSeconds - other.at.ageSeconds)[0] ?? null;
}

function least(all: readonly (number | null)[]): number | null {
  return all.reduce((one, other) => (one === null || other === null ? null : Math.min(one, other)));
}
