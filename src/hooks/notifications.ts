import type { ServiceEvent } from "../events/events.ts";
import { describeEntry, describeRoute } from "../log/describe.ts";
import type { Draft } from "./notification.ts";

/** A provider that fails in passing is news only when it does so for the third time in a row. */
const BLIPS = 2;

const MOST_ENTRIES = 16;

type EventOf<T extends ServiceEvent["type"]> = Extract<ServiceEvent, { readonly type: T }>;

/**
 * Makes notifications of events. What stays as it is is told once: gateways that are up at the start as they should be
 * are no news, those that are down are.
 *
 * @param gateways the whole range
 * @param hostname the DNS name that is kept, where there is one
 */
export function createTeller(gateways: readonly string[], hostname = ""): (event: ServiceEvent) => readonly Draft[] {
  const total = gateways.length;
  const tellGateway = createGatewayTeller(total);
  const tellDdns = createDdnsTeller(hostname);
  let up = 0;
  return (event) => {
    if (event.type === "gateway" || event.type === "cycle") up = event.up;
    if (event.type === "adopted") up = event.gateways.length;
    return [...tellGateway(event), ...tellDdns(event), ...tellEntries(event)].map((news) => ({ ...news, up, total }));
  };
}

type News = Omit<Draft, "up" | "total">;

function createGatewayTeller(total: number): (event: ServiceEvent) => News[] {
  let allDown = false;

  const tellChange = ({ gateway, before, status, detail, up, down }: EventOf<"gateway">): News[] => {
    const counted = `${up} of ${total} are up`;
    const news: News[] = [];
    if (status === "down") {
      const message = `gateway ${gateway} is down: ${detail}; ${counted}`;
      news.push({ event: "gateway-down", gateway, reason: detail, message });
    } else if (before !== "unknown") {
      news.push({ event: "gateway-up", gateway, message: `gateway ${gateway} is up; ${counted}` });
    }
    const nowAllDown = down === total;
    if (nowAllDown) news.push({ event: "all-down", message: `all gateways are down (${total})` });
    else if (allDown) news.push({ event: "any-up", message: `a gateway is up again, after all were down; ${counted}` });
    allDown = nowAllDown;
    return news;
  };

  return (event) => (event.type === "gateway" ? tellChange(event) : []);
}

function createDdnsTeller(hostname: string): (event: ServiceEvent) => News[] {
  let failures = 0;
  let told: Draft["kind"];
  return (event) => {
    if (event.type === "ddns-verified") {
      const wasTold = told !== undefined;
      failures = 0;
      told = undefined;
      const now = event.addresses.length === 0 ? "" : `: ${event.addresses.join(", ")}`;
      return wasTold
        ? [{ event: "ddns-mended", hostname, message: `the records of ${hostname} are right again${now}` }]
        : [];
    }
    if (event.type !== "ddns-trouble") return [];
    const { kind, message: reason } = event;
    failures++;
    if (kind === told || (kind === "passing" && failures <= BLIPS)) return [];
    told = kind;
    return [
      { event: "ddns-failing", hostname, kind, reason, message: `${hostname} is not kept up to date: ${reason}` },
    ];
  };
}

function tellEntries(event: ServiceEvent): News[] {
  switch (event.type) {
    case "repaired": {
      const { entries, named } = namesOf(event.entries.map(describeEntry));
      return [{ event: "drift-repaired", entries, message: `somebody removed or altered ${named}: putting it back` }];
    }
    case "fight": {
      const { entries, named } = namesOf(event.entries.map(describeEntry));
      return [{ event: "conflict", entries, message: `another program keeps undoing ${named}` }];
    }
    case "conflict": {
      const entry = describeEntry(event.entry);
      const message = `${entry} is held by ${describeRoute(event.found)}, which is left alone`;
      return [{ event: "conflict", entries: [entry], message }];
    }
    default:
      return [];
  }
}

/** The first few of a list that may be long. */
function namesOf(keys: readonly string[]): { entries: string[]; named: string } {
  const entries = keys.slice(0, MOST_ENTRIES);
  const more = keys.length > MOST_ENTRIES ? ` and ${keys.length - MOST_ENTRIES} more` : "";
  return { entries, named: `${entries.join(", ")}${more}` };
}
