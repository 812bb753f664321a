import { ProviderError } from "../provider.ts";
import { longestZone } from "../zone-names.ts";
import { readZones } from "./answers.ts";
import { requestError } from "./errors.ts";
import type { CloudflareRequest } from "./request.ts";

/** Finds the id of the zone that holds a name: the longest one that the token sees. */
export async function findZone(request: CloudflareRequest, hostname: string, signal: AbortSignal): Promise<string> {
  const zone = await longestZone(hostname, async (name) => {
    const answer = await request("GET", `/zones?${new URLSearchParams({ name })}`, signal);
    if (!answer.ok) throw requestError("zone", `cannot find the zone of ${hostname} at Cloudflare`, answer);
    return readZones(answer.result, name)[0];
  });
  if (zone !== undefined) return zone;
  throw new ProviderError("access", `the token sees no zone at Cloudflare that holds ${hostname}`, {
    remedy: "give it the permission Zone Read for the zone, or set -ddns-zone to the zone's id",
  });
}
