import { parseAddress } from "../../net/address.ts";
import { contains, formatCidr, hostOf } from "../../net/cidr.ts";
import type { Link } from "../../net/link.ts";
import type { NexthopFault, UnusableNexthop } from "../../pool/nexthop-fault.ts";
import { addressOf, deviceOf, type Json, LARGEST, numberInText, readList, textOf } from "./fields.ts";
import { parseDestination, typeOf } from "./routes.ts";

/**
 * Gateways that cannot be a nexthop, from the answers of `ip -j -d -N route get A`. A gateway without an answer has no
 * route at all. An answer out of our own table says nothing about the gateway (an exclusion is missing just then).
 */
export function parseUnusable(
  gateways: readonly string[],
  answers: readonly string[],
  table: number,
): UnusableNexthop[] {
  const found = new Map(readAnswers(answers).map((entry) => [entry["dst"], entry]));
  return gateways.flatMap((gateway) => {
    const answer = found.get(gateway);
    const fault = answer ? faultIn(answer, table) : NO_ROUTE;
    return fault === undefined ? [] : { gateway, fault };
  });
}

function readAnswers(answers: readonly string[]): Json[] {
  return answers.flatMap((json) => readList<Json>(json));
}

/** The interface of each gateway, from the same answers. */
export function parseDevices(answers: readonly string[], table: number): Map<string, string> {
  const usable = readAnswers(answers).filter((answer) => faultIn(answer, table) === undefined);
  return new Map(
    usable.flatMap((answer): [string, string][] => {
      const [gateway, device] = [addressOf(answer["dst"]), deviceOf(answer["dev"])];
      return gateway && device && numberInText(answer["table"], LARGEST) !== table ? [[gateway, device]] : [];
    }),
  );
}

/**
 * Gateways that the kernel reaches without another router, although no network of the interface contains them: the route
 * to each of them has to be judged.
 */
export function outsideNetworks(devices: ReadonlyMap<string, string>, links: readonly Link[]): string[] {
  return [...devices].flatMap(([gateway, device]) => {
    const host = hostOf(parseAddress(gateway)!);
    const addresses = links.find(({ name }) => name === device)?.addresses ?? [];
    return addresses.some(({ network }) => contains(network, host)) ? [] : gateway;
  });
}

/**
 * Those of such gateways that are not directly reachable. A host route was made for its gateway, and a route to a network
 * over an interface without addresses is the only one that such an interface can have. Any other route merely covers the
 * gateway: when its own interface is down, packets to it would take the default route over another one (`default dev
 * ppp0`), and so would all that is routed through it.
 *
 * @param answers of `ip -j -d -N route get fibmatch A`, one for each gateway
 * @param links interfaces that have an address
 */
export function parseIndirect(
  gateways: readonly string[],
  answers: readonly string[],
  links: readonly Link[],
): UnusableNexthop[] {
  const routes = readAnswers(answers);
  return gateways.flatMap((gateway, index) => {
    // A route that is gone since the first answer leaves one out. Which one that is, the next reading shows.
    const route = routes.length === gateways.length ? routes[index] : undefined;
    const destination = route && parseDestination(textOf(route["dst"], ""));
    const device = route && deviceOf(route["dev"]);
    if (!destination || device === undefined) return { gateway, fault: NO_ROUTE };
    const isUnnumbered = !links.some(({ name }) => name === device);
    if (destination.prefix === 32 || (isUnnumbered && destination.prefix > 0)) return [];
    const text = destination.prefix === 0 ? "the default route" : `the route to ${formatCidr(destination)}`;
    return { gateway, fault: notConnected(`only ${text} over ${device} leads to it`) };
  });
}

function notConnected(why: string): NexthopFault {
  return { code: "not-connected", detail: `it is not on a directly connected network (${why})` };
}

const NO_ROUTE: NexthopFault = { code: "no-route", detail: "no interface of this machine leads to it" };

function faultIn(answer: Json, table: number): NexthopFault | undefined {
  if (numberInText(answer["table"], LARGEST) === table) return undefined;
  const type = typeOf(answer);
  if (type === "local") return { code: "own-address", detail: "it is an address of this machine itself" };
  if (type !== "unicast") return { code: "not-unicast", detail: `it is a ${type} address` };
  if (answer["gateway"] === undefined) return undefined;
  return notConnected(`packets to it go through ${addressOf(answer["gateway"]) ?? "another router"}`);
}
