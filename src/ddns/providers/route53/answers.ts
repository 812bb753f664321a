import type { Family } from "../../../net/address.ts";
import { readRecordAddress, type RecordType } from "../../record-type.ts";
import { unexpected } from "../declined.ts";
import { ProviderError } from "../provider.ts";
import { elementsIn, textIn } from "./xml.ts";

/** The records of a name and a type, as they are there. */
export interface HeldSet {
  readonly ttl: number;
  /** The values as Route 53 has them, by the addresses that they are. */
  readonly values: ReadonlyMap<string, string>;
}

/** The set of a name and a type in a list of sets that begins there; undefined where there is none. */
export function readSet(body: string, hostname: string, type: RecordType, family: Family): HeldSet | undefined {
  if (textIn(body, "ResourceRecordSets") === undefined) {
    if (body.includes("<ResourceRecordSets/>")) return undefined;
    throw unexpected("Route 53", "a list of record sets");
  }
  const [set] = elementsIn(body, "ResourceRecordSet").filter(
    (one) => textIn(one, "Name")?.toLowerCase() === `${hostname.toLowerCase()}.` && textIn(one, "Type") === type,
  );
  if (set === undefined) return undefined;
  if (textIn(set, "SetIdentifier") !== undefined) throw denied(hostname, "records with a routing policy");
  if (textIn(set, "AliasTarget") !== undefined) throw denied(hostname, "an alias record");
  const values = elementsIn(set, "ResourceRecord").map((record) => readValue(textIn(record, "Value") ?? "", family));
  const ttl = Number(textIn(set, "TTL") ?? NaN);
  if (values.length === 0 || !Number.isSafeInteger(ttl)) throw unexpected("Route 53", "records with a time to live");
  return { ttl, values: new Map(values) };
}

function readValue(text: string, family: Family): readonly [address: string, text: string] {
  const address = readRecordAddress(text, family);
  if (address === undefined) throw unexpected("Route 53", `IPv${family} addresses`);
  return [address, text];
}

/** Something at the name that the program does not replace. */
function denied(hostname: string, what: string): ProviderError {
  return new ProviderError("access", `${hostname} has ${what} at Route 53, which hold no plain list of addresses`, {
    remedy: "remove them, or use another name",
  });
}

/** The ids of the public zones with this name, in a list of zones that begins there. */
export function readZones(body: string, name: string): string[] {
  if (!body.includes("<HostedZones")) throw unexpected("Route 53", "a list of zones");
  return elementsIn(body, "HostedZone")
    .filter((zone) => textIn(zone, "Name") === `${name}.` && textIn(zone, "PrivateZone") === "false")
    .map((zone) => {
      const id = /^\/hostedzone\/([A-Z0-9]{1,32})$/.exec(textIn(zone, "Id") ?? "")?.[1]; // it becomes part of paths
      if (id === undefined) throw unexpected("Route 53", "a zone with an id");
      return id;
    });
}
