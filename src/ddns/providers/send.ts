import { VERSION } from "../../build.ts";
import type { Send } from "./provider.ts";

/**
 * Sends requests to a provider in the name of this program, each over a connection of its own. No redirect is followed,
 * since that would take the key elsewhere.
 */
export function createSend(by: typeof fetch = fetch): Send {
  const own = { connection: "close", "user-agent": `gateway-route-manager/${VERSION}` };
  return (url, { headers, ...request }) => by(url, { ...request, headers: { ...own, ...headers }, redirect: "manual" });
}
