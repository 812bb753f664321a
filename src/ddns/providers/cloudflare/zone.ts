import { ProviderError } from "../provider.ts";
import { readZones } from "./answers.ts";
import { requestError } from "./errors.ts";
import type { CloudflareRequest } from "./request.ts";

/** Finds the id of the zone that holds a name: the longest one that the token sees. */
export async function findZone(request: CloudflareRequest, hostname: string, signal: AbortSignal): Promise<string> {
  for (const name of candidatesOf(hostname)) {
    const answer = await request("GET", `/zones?${new URLSearchParams({ name })}`, signal);
    if (!answer.ok) throw requestError("read", `cannot find the zone of ${hostname} at Cloudflare`, answer);
    const [id] = readZones(answer.result, name);
    if (id !== undefined) return id;
  }
  throw new ProviderError("access", `the token sees no zone at Cloudflare that holds ${hostname}`, {
    remedy: "give it the permission Zone Read for the zone, or set -ddns-zone to the zone's id",
  });
}

/** The names of zones that could hold it, the longest first: of two labels or more. */
function candidatesOf(hostname: string): string[] {
  const labels = hostname.toLowerCase().split(".");
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join("."));
}
