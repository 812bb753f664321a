import { FLAG_NAMES, type SettingNames } from "../config/setting-name.ts";
import type { LookUpResult } from "../ddns/look-up-result.ts";
import type { OwnExit } from "../exit/events.ts";
import { LEAK_REMEDY, leakFault } from "../pool/leak.ts";
import { addressText, type GatewayText } from "../text/gateway.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** With which addresses packets come out: those of this router itself, and those through each gateway that was asked. */
export interface AskedExits {
  readonly own: OwnExit;
  readonly exits: ReadonlyMap<string, LookUpResult>;
}

/** Why gateways leak, by gateway. */
export function leaksIn({ own, exits }: AskedExits): Map<string, string> {
  if (own.kind === "failure") return new Map();
  const leaking = [...exits].filter(([, result]) => result.kind === "success" && result.address === own.address);
  return new Map(leaking.map(([gateway]) => [gateway, leakFault(own.address).detail]));
}

function failedRemedy({ nameOf }: SettingNames): string {
  return `check the URLs of ${nameOf("exitCheck")}, and whether these services answer with the address of their client`;
}

/** A finding about the exit of this router, and one for each gateway. */
export function checkExits(asked: AskedExits, textOf: GatewayText = addressText, names = FLAG_NAMES): Finding[] {
  const leaks = leaksIn(asked);
  return [
    ownFinding(asked.own, names),
    ...[...asked.exits].map(([gateway, result]) => {
      const topic = `exit ${textOf(gateway)}`;
      if (result.kind === "failure")
        return warning(topic, `${result.detail}; a leak of it is not found`, failedRemedy(names));
      const leak = leaks.get(gateway);
      if (leak !== undefined) return failure(topic, `${leak}, so it leaks and is not used`, LEAK_REMEDY);
      const others = [...asked.exits].filter(([other, one]) => {
        return other !== gateway && one.kind === "success" && one.address === result.address;
      });
      if (others.length === 0) return fine(topic, result.address);
      const same = `${result.address}, the same as ${others.map(([other]) => textOf(other)).join(", ")}`;
      return warning(topic, `${same}: together they are worth one`, "connect them to different servers");
    }),
  ];
}

function ownFinding(own: OwnExit, names: SettingNames): Finding {
  const topic = "own exit";
  if (own.kind === "success") return fine(topic, `${own.address} is the public address of this router itself`);
  if (own.code === "no-exit") return fine(topic, `this router has none, so nothing can leak: ${own.detail}`);
  return warning(topic, `${own.detail}; no leak can be found`, failedRemedy(names));
}
