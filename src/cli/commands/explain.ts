import { explanationOf, explanationText } from "../../diagnose/format-explanation.ts";
import { quote } from "../../text/escape.ts";
import { ipv4Address } from "../../config/address-values.ts";
import { interfaceName } from "../../config/file/own-values.ts";
import { choice, port, type ValueType } from "../../config/values.ts";
import { formatAddress, isAddress } from "../../net/address.ts";
import { output } from "../../log/async-stdout.ts";
import { besideService } from "./beside-service.ts";
import { type Command, complain, parseOrComplain } from "./command.ts";
import { EXIT, NAME } from "../program.ts";
import { JSON_FLAG, lookOf, ownOption, readOwn, readSwitch } from "./printing.ts";

const packetMark: ValueType<number> = {
  placeholder: "MARK",
  example: "0x10",
  parse: (text) =>
    /^(0x[\da-f]{1,8}|\d{1,9})$/i.test(text)
      ? { ok: true, value: Number(text) }
      : { ok: false, expected: "a mark such as 0x10" },
};

const FROM = ownOption(
  "from",
  ipv4Address,
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

/** Shows which rule, route and gateway the kernel uses for a packet, and which flag is the reason. */
export const explain: Command = {
  name: "explain",
  subject: ipv4Address,
  help: "show which rule, route and gateway packets to an address use, and why",
  options: [FROM, IN, MARK, PROTOCOL, SPORT, DPORT, JSON_FLAG],
  async run(given) {
    const problems = [...addressProblems(given.subject), ...given.problems];
    const asJson = readSwitch(JSON_FLAG, given, problems);
    const from = readOwn(FROM, given, problems);
    const device = readOwn(IN, given, problems);
    if (device !== undefined && device !== "lo" && given.flags["from"] === undefined) {
      problems.push(`-in ${device}: needs -from, since a packet that comes in has a source`);
    }
    const question = {
      to: given.subject ?? "",
      from: from === undefined ? undefined : formatAddress(from),
      in: device,
      mark: readOwn(MARK, given, problems),
      protocol: readOwn(PROTOCOL, given, problems) ?? "tcp",
      sport: readOwn(SPORT, given, problems),
      dport: readOwn(DPORT, given, problems),
    };
    const hint = `usage: ${NAME} explain ADDRESS [flags of the service]`;
    const { surroundings } = await besideService(given);
    const parsed = await parseOrComplain({ ...given, problems }, surroundings, hint);
    if (!parsed) return EXIT.usage;
    const { explain: explainPacket } = await import("../../diagnose/explain.ts"); // the service does not need it
    try {
      const facts = await explainPacket(parsed.config, question, parsed.given);
      output.write(
        asJson ? `${JSON.stringify(explanationOf(facts), undefined, 2)}\n` : explanationText(facts, lookOf()),
      );
      return EXIT.done;
    } catch (error) {
      complain((error as Error).message);
      return EXIT.failed;
    }
  },
};

function addressProblems(subject: string | undefined): string[] {
  if (subject === undefined) return ["explain: the address is missing; expected an IPv4 address such as 8.8.8.8"];
  if (isAddress(subject)) return [];
  const more = subject.includes(":")
    ? "IPv6 is not managed"
    : "names are not resolved, since each address of a name may use another route";
  return [`explain ${quote(subject)}: expected an IPv4 address such as 8.8.8.8; ${more}`];
}
