import { type Family, familyOf } from "../net/address.ts";
import type { ServiceEvent } from "./events.ts";

/** The family that an event is about: that of its gateway, or of the routes of a pool; IPv4 if it is about none. */
export function familyOfEvent(event: ServiceEvent): Family {
  if ("gateway" in event) return familyOf(event.gateway);
  return "family" in event && event.family !== undefined ? event.family : 4;
}
