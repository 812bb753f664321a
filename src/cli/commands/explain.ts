import { explanationOf, explanationText } from "../../diagnose/format-explanation.ts";
import { nameExplanationOf, nameText } from "../../diagnose/format-name.ts";
import type { Question } from "../../diagnose/explain.ts";
import { quote } from "../../text/escape.ts";
import { interfaceName } from "../../config/file/own-values.ts";
import type { GivenGateways } from "../../config/members.ts";
import type { Config } from "../../config/model.ts";
import { choice, port } from "../../config/values.ts";
import { familyOf, formatAddress } from "../../net/address.ts";
import { output } from "../../log/async-stdout.ts";
import { besideService } from "./beside-service.ts";
import { type Command, complain, type Invocation, parseOrComplain } from "./command.ts";
import { packetDestination, type PacketDestination, packetLabel, packetMark, packetSource } from "./packet-values.ts";
import { EXIT, NAME } from "../program.ts";
import { JSON_FLAG, lookOf, ownOption, readOwn, readSwitch } from "./printing.ts";

const FROM = ownOption(
  "from",
  packetSource,
  "source address of the packet; without it, a packet of this machine itself",
);
const IN = ownOption(
  "in",
  interfaceName,
  "interface on which the packet comes in; without it, the one that leads to its source",
);
const MARK = ownOption("mark", packetMark, "mark of the packet, as a firewall of this machine may set it");
const PROTOCOL = ownOption("protocol", choice("tcp", "udp", "icmp"), "protocol of the packet; without it, tcp");
const SPORT = ownOption("sport", port, "source port of the packet");
const DPORT = ownOption("dport", port, "destination port of the packet");
const FLOW_LABEL = ownOption("flow-label", packetLabel, "flow label of the packet, of IPv6; needs iproute2 6.14");

/** Shows which rule, route and gateway the kernel uses for a packet, and which flag is the reason. */
export const explain: Command = {
  name: "explain",
  subject: packetDestination,
  help: "show which rule, route and gateway packets to an address or a host use, and why",
  options: [FROM, IN, MARK, PROTOCOL, SPORT, DPORT, FLOW_LABEL, JSON_FLAG],
  async run(given) {
    const problems: string[] = [];
    const to = readDestination(given, problems);
    problems.push(...given.problems);
    const asJson = readSwitch(JSON_FLAG, given, problems);
    const question = readQuestion(given, problems);
    problems.push(...contradictions(to, question, given));
    const hint = `usage: ${NAME} explain ADDRESS [flags of the service]`;
    const { surroundings } = await besideService(given);
    const parsed = await parseOrComplain({ ...given, problems }, surroundings, hint);
    if (!parsed || !to) return EXIT.usage;
    try {
      const { text, problems: failed } = await answer(to, question, parsed, asJson);
      output.write(text);
      complain(...failed);
      return failed.length === 0 ? EXIT.done : EXIT.failed;
    } catch (error) {
      complain((error as Error).message);
      return EXIT.failed;
    }
  },
};

type Asked = Omit<Question, "to">;

function readDestination({ subject }: Invocation, problems: string[]): PacketDestination | undefined {
  const parsed = packetDestination.parse(subject ?? "");
  if (parsed.ok) return parsed.value;
  const given = subject === undefined ? ": the address is missing;" : ` ${quote(subject)}:`;
  problems.push(`explain${given} expected ${parsed.expected}`);
  return undefined;
}

function readQuestion(given: Invocation, problems: string[]): Asked {
  const from = readOwn(FROM, given, problems);
  return {
    from: from === undefined ? undefined : formatAddress(from),
    in: readOwn(IN, given, problems),
    mark: readOwn(MARK, given, problems),
    protocol: readOwn(PROTOCOL, given, problems) ?? "tcp",
    sport: readOwn(SPORT, given, problems),
    dport: readOwn(DPORT, given, problems),
    flowLabel: readOwn(FLOW_LABEL, given, problems),
  };
}

/** What no packet can be. */
function contradictions(to: PacketDestination | undefined, asked: Asked, { flags }: Invocation): string[] {
  const { in: device, from, flowLabel } = asked;
  const family = to?.kind === "address" ? familyOf(to.address) : undefined;
  const source = from === undefined ? family : familyOf(from);
  return [
    ...(device !== undefined && device !== "lo" && flags["from"] === undefined
      ? [`-in ${device}: needs -from, since a packet that comes in has a source`]
      : []),
    ...(family !== undefined && family !== source
      ? [`-from ${from}: a packet has two addresses of one family; give one of IPv${family}`]
      : []),
    ...(flowLabel !== undefined && (family ?? source) === 4 ? ["-flow-label: packets of IPv4 have none"] : []),
  ];
}

interface Parsed {
  readonly config: Config;
  readonly given?: GivenGateways | undefined;
}

/** The answer in either form, and why it lacks a part. */
async function answer(to: PacketDestination, asked: Asked, { config, given }: Parsed, asJson: boolean) {
  // The service does not need these.
  if (to.kind === "name") {
    const { explainName } = await import("../../diagnose/explain-name.ts");
    const facts = await explainName(config, to.name, asked, given);
    const { problems } = facts;
    if (facts.facts.length === 0) return { text: "", problems };
    return { text: asJson ? jsonText(nameExplanationOf(facts)) : nameText(facts, lookOf()), problems };
  }
  const { explain: explainPacket } = await import("../../diagnose/explain.ts");
  const facts = await explainPacket(config, { ...asked, to: to.address }, given);
  return { text: asJson ? jsonText(explanationOf(facts)) : explanationText(facts, lookOf()), problems: [] };
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
