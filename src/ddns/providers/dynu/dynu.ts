import type { Family } from "../../../net/address.ts";
import { RECORD_TYPES } from "../../record-type.ts";
import {
  type DnsRecord,
  ProviderError,
  type ProviderSettings,
  type RecordContent,
  type RecordProvider,
} from "../provider.ts";
import { ADDRESS_FIELD, readAdded, readDynuRecords } from "./answers.ts";
import { requestError } from "./errors.ts";
import { createRequest, type DynuRequest } from "./request.ts";
import { findZone, type Zone } from "./zone.ts";

/** Dynu's REST API, version 2. Sources: its OpenAPI description, and answers recorded by other clients. */
export function createDynu(settings: ProviderSettings): RecordProvider {
  const { hostname, family = 4, password } = settings;
  const fieldsFor = (node: string, content: RecordContent): object => fieldsOf(node, content, family);
  const send = createRequest(settings);
  let zone: Zone | undefined;

  const request: DynuRequest = async (...parts) => {
    const answer = await send(...parts);
    // The name may belong to another zone or account by now.
    if (!answer.ok && (answer.kind === "missing" || answer.kind === "access")) zone = undefined;
    return answer;
  };

  const inZone = async <T>(signal: AbortSignal, run: (records: string, node: string) => Promise<T>): Promise<T> => {
    zone ??= await findZone(request, hostname, signal);
    return run(`/dns/${zone.id}/record`, zone.node);
  };

  const list = (signal: AbortSignal): Promise<DnsRecord[]> =>
    inZone(signal, async (records) => {
      const answer = await request("GET", records, signal);
      if (!answer.ok) throw requestError("read", "cannot list the records at Dynu", answer);
      return readDynuRecords(answer.fields, hostname, [password], family);
    });

  return {
    kind: "records",
    list,
    change: ({ id }, content, signal) =>
      inZone(signal, async (records, node) => {
        const answer = await request("POST", `${records}/${id}`, signal, fieldsFor(node, content));
        if (!answer.ok) throw requestError("write", `cannot change a record to ${content.address} at Dynu`, answer);
      }),
    async add(content, signal) {
      const add = inZone(signal, async (records, node) => {
        const answer = await request("POST", records, signal, fieldsFor(node, content));
        if (!answer.ok) throw requestError("write", `cannot add ${content.address} at Dynu`, answer);
        return readAdded(answer.fields, content);
      });
      return unlessDone(add, async () => (await list(signal)).find(({ address }) => address === content.address));
    },
    async remove({ id, address }, signal) {
      const remove = inZone(signal, async (records) => {
        const answer = await request("DELETE", `${records}/${id}`, signal);
        const gone = !answer.ok && answer.kind === "missing" && answer.byDynu;
        if (!answer.ok && !gone) throw requestError("write", `cannot remove ${address} at Dynu`, answer);
        return true;
      });
      await unlessDone(remove, async () => !(await list(signal)).some((record) => record.id === id) || undefined);
    },
  };
}

/** Dynu declines some changes because they are made already: `find` looks for the result of such a change. */
async function unlessDone<T>(change: Promise<T>, find: () => Promise<T | undefined>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    const declined = error instanceof ProviderError && error.kind === "refused";
    const found = declined ? await find() : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

function fieldsOf(nodeName: string, { address, ttl }: RecordContent, family: Family): object {
  return { nodeName, recordType: RECORD_TYPES[family], ttl, state: true, [ADDRESS_FIELD[family]]: address };
}
