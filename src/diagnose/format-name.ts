import { familyOf, FAMILIES } from "../net/address.ts";
import type { Look } from "../text/table.ts";
import type { PacketFacts } from "./explanation.ts";
import { type Explanation, explanationOf, explanationText } from "./format-explanation.ts";

/** The explanations of packets to each address of a name; the form of `-json`. */
export interface NameExplanation {
  readonly name: string;
  readonly addresses: readonly Explanation[];
}

interface Named {
  readonly name: string;
  readonly facts: readonly PacketFacts[];
}

export function nameExplanationOf({ name, facts }: Named): NameExplanation {
  return { name, addresses: facts.map(explanationOf) };
}

/** The same for people. */
export function nameText({ name, facts }: Named, look: Look): string {
  const addresses = facts.map(({ packet }) => packet.to);
  const lacking = FAMILIES.filter((family) => addresses.every((address) => familyOf(address) !== family));
  const none = lacking.length === 0 || facts[0]?.packet.from !== undefined ? "" : `, and none of IPv${lacking[0]}`;
  const title = `${name} has the ${addresses.length === 1 ? "address" : "addresses"} ${addresses.join(", ")}${none}`;
  return `${title}\n\n${facts.map((one) => explanationText(one, look)).join("\n\n")}`;
}
