import { RECORD_TYPES } from "../../record-type.ts";
import { type ApiAnswer, isDone, type Method } from "../http-api.ts";
import { createAuthorizedApi } from "../json-api.ts";
import { ADOPT_REMEDY, OWN_COMMENT } from "../own-comment.ts";
import { ProviderError, type ProviderSettings, type SetProvider, type Sleep } from "../provider.ts";
import { longestZone, nameInZone } from "../zone-names.ts";
import { Actions } from "./actions.ts";
import { type HeldSet, readSet, readZone, type Value, type Zone } from "./answers.ts";
import { isMissing, requestError } from "./errors.ts";

const API_URL = "https://api.hetzner.cloud/v1";

/** The least time to live, in seconds (go-acme/lego, providers/dns/hetzner). */
const LEAST_TTL = 60;

export interface HetznerSettings extends ProviderSettings {
  /** Whether records that others have made count as own ones. */
  readonly adopt: boolean;
  readonly sleep: Sleep;
}

/**
 * The DNS of Hetzner's Cloud API, which takes all records of a name and a type at once. Each value has a comment: it touches
 * those with its own comment only, unless it may adopt others. Source: https://docs.hetzner.cloud/reference/cloud#zone-rrsets.
 */
export function createHetzner(settings: HetznerSettings): SetProvider {
  const { hostname, family = 4, password, adopt, sleep } = settings;
  const type = RECORD_TYPES[family];
  const request = createAuthorizedApi("Hetzner", "Bearer", API_URL, settings);
  const actions = new Actions(request, [password], sleep);
  let zone: Zone | undefined;

  const findZone = async (signal: AbortSignal): Promise<Zone> => {
    const found = await longestZone(hostname, async (name) => {
      const answer = await request("GET", `/zones/${name}`, signal);
      if (isMissing(answer)) return undefined;
      if (isDone(answer)) return readZone(answer.body, name);
      throw requestError("read", `find the zone of ${hostname}`, answer, [password]);
    });
    if (found) return found;
    throw new ProviderError("access", `the project of the token at Hetzner has no zone that holds ${hostname}`, {
      remedy: "check -ddns-hostname, and create the token in the project that has the zone",
    });
  };

  const readHeld = async (signal: AbortSignal): Promise<HeldSet | undefined> => {
    zone ??= await findZone(signal);
    const name = nameInZone(hostname, zone.name);
    const answer = await request("GET", `/zones/${zone.name}/rrsets/${name}/${type}`, signal);
    if (isMissing(answer)) return undefined;
    if (!isDone(answer)) throw requestError("read", `read the ${type} records of ${hostname}`, answer, [password]);
    return readSet(answer.body, zone.ttl, family);
  };

  const change = async (method: Method, path: string, signal: AbortSignal, fields?: object): Promise<void> => {
    const answer: ApiAnswer = await request(method, `/zones/${zone!.name}/rrsets${path}`, signal, fields);
    if (answer.status === 404) zone = undefined; // the name may belong to another zone by now
    if (!isDone(answer)) throw requestError("write", `write the ${type} records of ${hostname}`, answer, [password]);
    actions.begin(answer.body);
  };

  const write = async (held: HeldSet | undefined, values: readonly Value[], ttl: number, signal: AbortSignal) => {
    const name = nameInZone(hostname, zone!.name);
    const records = values.map(({ address, comment }) => ({ value: address, ...(comment !== "" && { comment }) }));
    if (!held) return records.length === 0 ? undefined : change("POST", "", signal, { name, type, ttl, records });
    if (records.length === 0) return change("DELETE", `/${name}/${type}`, signal);
    if (held.ttl !== ttl) {
      await change("POST", `/${name}/${type}/actions/change_ttl`, signal, { ttl });
      await actions.settled(signal); // one change of a set at a time
    }
    return change("POST", `/${name}/${type}/actions/set_records`, signal, { records });
  };

  const isOwn = ({ comment }: Value): boolean => adopt || comment === OWN_COMMENT;

  return {
    kind: "set",
    async read(signal) {
      await actions.settled(signal);
      const held = await readHeld(signal);
      const own = held?.values.filter(isOwn) ?? [];
      const addresses = [...new Set(own.map(({ address }) => address))];
      return { addresses, ttl: own.length === 0 ? undefined : held?.ttl, leastTtl: LEAST_TTL };
    },
    async replace({ addresses, ttl }, _, signal) {
      await actions.settled(signal);
      const held = await readHeld(signal);
      const others = held?.values.filter((value) => !isOwn(value)) ?? [];
      const [taken, free] = [true, false].map((isTaken) =>
        addresses.filter((address) => others.some((other) => other.address === address) === isTaken),
      ) as [string[], string[]];
      const own = free.map((address) => ({ address, comment: OWN_COMMENT }));
      await write(held, [...others, ...own], Math.max(ttl, LEAST_TTL), signal);
      await actions.settle(signal);
      if (taken.length === 0) return;
      const what = `there is a record with ${taken.join(", ")} at Hetzner that this program has not made`;
      throw new ProviderError("refused", `the records of ${hostname} are not all its own: ${what}`, {
        remedy: ADOPT_REMEDY,
      });
    },
  };
}
