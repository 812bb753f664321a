import type { GivenGateways } from "../config/members.ts";
import type { Config } from "../config/model.ts";
import { type Family, familyOf } from "../net/address.ts";
import { explain, type Question } from "./explain.ts";
import type { PacketFacts } from "./explanation.ts";
import { lookUpHost } from "./look-up-host.ts";

/** What is known of packets to each address of a name. */
export interface NameFacts {
  readonly name: string;
  /** Those of IPv4 come first. */
  readonly facts: readonly PacketFacts[];
  /** Why nothing is known of packets to others of its addresses. */
  readonly problems: readonly string[];
}

/**
 * Looks up the rules and routes for packets to each address of a name, of the family of their source where they have one.
 *
 * @throws when the name has no such address
 */
export async function explainName(
  config: Config,
  name: string,
  question: Omit<Question, "to">,
  given?: GivenGateways,
): Promise<NameFacts> {
  const addresses = await addressesOf(name, question.from === undefined ? undefined : familyOf(question.from));
  const facts: PacketFacts[] = [];
  const problems: string[] = [];
  for (const to of addresses) {
    const { flowLabel, ...others } = question;
    const asked = familyOf(to) === 6 ? question : others; // IPv4 has no flow labels
    await explain(config, { ...asked, to }, given).then(
      (one) => facts.push(one),
      ({ message }: Error) => problems.push(`${to}: ${message}`),
    );
  }
  return { name, facts, problems };
}

async function addressesOf(name: string, family: Family | undefined): Promise<readonly string[]> {
  const found = await lookUpHost(name);
  if (!found.ok) throw new Error(`cannot find the addresses of ${name}: ${found.why}`);
  const wanted = [...new Set(found.addresses)].filter((one) => family === undefined || familyOf(one) === family);
  if (wanted.length === 0) throw new Error(`${name} has no IPv${family} address, of which -from is`);
  return wanted.toSorted((a, b) => familyOf(a) - familyOf(b));
}
