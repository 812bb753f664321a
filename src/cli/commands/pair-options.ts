import type { Config } from "../../config/model.ts";
import { interfaceName } from "../../config/file/own-values.ts";
import { settingNames } from "../../config/setting-name.ts";
import { integer, type ValueType } from "../../config/values.ts";
import { ownAddress } from "../../config/address-values.ts";
import { FAMILIES, formatAddress, parseAddress } from "../../net/address.ts";
import type { Option } from "../../config/options.ts";
import type { Invocation } from "./command.ts";
import { ownOption, readOwn } from "./printing.ts";
import type { PairMember, VirtualAddress } from "../daemons/keepalived.ts";

const EXAMPLE = "192.168.20.1/24@eth0";

const virtualAddresses: ValueType<readonly VirtualAddress[]> = {
  placeholder: "ADDRESS/PREFIX@INTERFACE,...",
  example: EXAMPLE,
  parse(text) {
    const all = text.split(",").map((one) => readVirtual(one.trim()));
    const read = all.filter((one) => one !== undefined);
    return read.length === all.length
      ? { ok: true, value: read }
      : { ok: false, expected: `addresses with a prefix length and an interface each, such as ${EXAMPLE}` };
  },
};

function readVirtual(text: string): VirtualAddress | undefined {
  const [, network = "", prefix = "", device = ""] = /^([^/@]+)\/(\d{1,3})@(.+)$/.exec(text) ?? [];
  const address = parseAddress(network, FAMILIES);
  const named = interfaceName.parse(device);
  if (!address || !named.ok || Number(prefix) > (address.family === 4 ? 32 : 128)) return undefined;
  return { family: address.family, cidr: `${formatAddress(address)}/${Number(prefix)}`, device: named.value };
}

const VIRTUAL = ownOption(
  "virtual-address",
  virtualAddresses,
  "for keepalived: the addresses of the router on duty, each with its interface; first that which devices use as next hop, then that of the gateways",
);
const OWN = ownOption(
  "own-address",
  ownAddress,
  "for keepalived: the address of this router beside the first of those",
);
const PEER = ownOption("peer-address", ownAddress, "for keepalived: the same of the other router");
const ROUTER_ID = ownOption(
  "virtual-router-id",
  integer("ID", 1, 255, "51"),
  "for keepalived: the number of the pair, which no other one in this network has; without it, 51",
);

/** What `print keepalived` asks for. */
export const PAIR_OPTIONS: readonly Option<unknown>[] = [VIRTUAL, OWN, PEER, ROUTER_ID];

const USUAL_ROUTER_ID = 51;

/** The router of a pair that a command line describes; undefined where it does not, with every problem. */
export function readPair(config: Config, given: Invocation, problems: string[]): PairMember | undefined {
  const [virtual, own, peer] = [
    readOwn(VIRTUAL, given, problems),
    readOwn(OWN, given, problems),
    readOwn(PEER, given, problems),
  ];
  const routerId = readOwn(ROUTER_ID, given, problems) ?? USUAL_ROUTER_ID;
  const { trackFile } = config.service;
  const missing = (option: { readonly flag: string; readonly help: string }, example: string): void => {
    if (given.flags[option.flag] === undefined) {
      problems.push(`print keepalived: -${option.flag} is missing, such as -${option.flag} ${example}`);
    }
  };
  missing(VIRTUAL, EXAMPLE);
  missing(OWN, "192.168.20.2");
  missing(PEER, "192.168.20.3");
  if (trackFile === undefined) {
    const name = settingNames(config.service).nameOf("trackFile");
    problems.push(`print keepalived: ${name} is missing: keepalived reads from that file how many gateways are usable`);
  } else if (config.service.trackFileFormat !== "number") {
    problems.push(
      `print keepalived: -track-file-format ${config.service.trackFileFormat}: keepalived reads a number alone`,
    );
  }
  if (!virtual || !own || !peer || trackFile === undefined) return undefined;
  const [first, ...others] = virtual as [VirtualAddress, ...VirtualAddress[]];
  const families = new Set([first.family, own.family, peer.family]);
  const [ownText, peerText] = [formatAddress(own), formatAddress(peer)];
  if (families.size > 1)
    problems.push(
      "print keepalived: the first -virtual-address, -own-address and -peer-address have to be of one family",
    );
  if (ownText === peerText)
    problems.push(`-peer-address ${peerText}: this is -own-address; give that of the other router`);
  for (const { cidr } of virtual) {
    const [address] = cidr.split("/");
    if (address === ownText || address === peerText) {
      problems.push(`-virtual-address ${address}: a router has this address at all times; give one that neither has`);
    }
  }
  return {
    virtual: [first, ...others],
    own: ownText,
    peer: peerText,
    routerId,
    trackFile,
    lacks: lacksOf(config, first),
  };
}

/** What a pair needs besides, as flags or keys. */
function lacksOf(config: Config, { cidr }: VirtualAddress): string[] {
  const { service, pools } = config;
  const names = settingNames(service);
  const isAnyName = pools.some(({ dnsNames }) => dnsNames.length > 0);
  const isGated = pools.every(({ dnsNames }) => dnsNames.every((name) => name.ddnsRequireIpAddress !== undefined));
  return [
    ...(service.hashSeed === undefined ? [names.withValues([["hashSeed", 173]])] : []),
    ...(pools.every(({ placement }) => placement === "usable") ? [] : [names.withValues([["placement", "usable"]])]),
    ...(pools.some(({ whenNoGateways }) => whenNoGateways === "fall-through")
      ? [names.withValues([["whenNoGateways", "unreachable"]])]
      : []),
    ...(service.onExit === "keep" ? [] : [names.withValues([["onExit", "keep"]])]),
    ...(isAnyName && !isGated ? [names.withValues([["ddnsRequireIpAddress", cidr.split("/")[0]!]])] : []),
  ];
}
