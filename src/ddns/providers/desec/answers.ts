import type { Family } from "../../../net/address.ts";
import { parseJson } from "../../../text/json.ts";
import { unexpected } from "../declined.ts";
import { fieldsIn, fieldsOf, readAddress, readTtl } from "../fields.ts";
import type { RecordSet } from "../provider.ts";

/** The domain that holds a name. */
export interface Zone {
  readonly domain: string;
  /** The name inside it; empty for the domain itself. */
  readonly subname: string;
  /** The least time to live that it takes, in seconds. */
  readonly leastTtl: number;
}

/** The domain in the list of those that hold a name, which are one at most; undefined where there is none. */
export function readZone(body: string, hostname: string): Zone | undefined {
  const list = parseJson(body);
  if (!Array.isArray(list)) throw unexpected("deSEC", "a list of domains");
  if (list.length === 0) return undefined;
  const { name, minimum_ttl } = fieldsOf(list[0]);
  const leastTtl = readTtl(minimum_ttl);
  const full = hostname.toLowerCase();
  const holds = typeof name === "string" && `.${full}`.endsWith(`.${name}`);
  if (!holds || leastTtl === undefined) throw unexpected("deSEC", "a domain with name and minimum_ttl");
  return { domain: name, subname: full.slice(0, Math.max(0, full.length - name.length - 1)), leastTtl };
}

/** The records of a name and a type. */
export function readRecordSet(body: string, family: Family): RecordSet {
  const { records, ttl: seconds } = fieldsIn(body);
  const ttl = readTtl(seconds);
  if (!Array.isArray(records) || ttl === undefined) throw unexpected("deSEC", "records with a time to live");
  const addresses = records.map((record) => {
    const address = readAddress(record, family);
    if (address === undefined) throw unexpected("deSEC", `IPv${family} addresses`);
    return address;
  });
  return { addresses: [...new Set(addresses)], ttl };
}
