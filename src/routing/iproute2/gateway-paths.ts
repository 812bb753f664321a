import type { NexthopFault, UnusableNexthop } from "../../pool/nexthop-fault.ts";
import { addressOf, deviceOf, type Json, LARGEST, numberInText, readList } from "./fields.ts";
import { typeOf } from "./routes.ts";

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

const NO_ROUTE: NexthopFault = { code: "no-route", detail: "no interface of this machine leads to it" };

function faultIn(answer: Json, table: number): NexthopFault | undefined {
  if (numberInText(answer["table"], LARGEST) === table) return undefined;
  const type = typeOf(answer);
  if (type === "local") return { code: "own-address", detail: "it is an address of this machine itself" };
  if (type !== "unicast") return { code: "not-unicast", detail: `it is a ${type} address` };
  if (answer["gateway"] === undefined) return undefined;
  const through = addressOf(answer["gateway"]) ?? "another router";
  const detail = `it is not on a directly connected network (packets to it go through ${through})`;
  return { code: "not-connected", detail };
}
