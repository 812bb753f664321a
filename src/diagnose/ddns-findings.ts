import { FLAG_NAMES, type SettingNames } from "../config/setting-name.ts";
import { ProviderError, type DnsRecord } from "../ddns/providers/provider.ts";
import type { LookUpFailureCode, LookUpResult } from "../ddns/look-up-result.ts";
import type { FetchFailureCode } from "../fetch/failure.ts";
import { formatDuration } from "../net/duration.ts";
import { addressText, type GatewayText } from "../text/gateway.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";
import { CONTROL_PORT } from "./gateways.ts";

/** Whether this machine has the address without which it does not write. */
export function checkRequiredAddress(required: string, addresses: readonly string[], { nameOf } = FLAG_NAMES): Finding {
  const topic = "ddns duty";
  if (addresses.includes(required)) return fine(topic, `this machine has ${required}, so it updates the name`);
  return warning(
    topic,
    `no interface of this machine has ${required}, so it does not update the name`,
    `expected on a standby router; on any other check keepalived and ${nameOf("ddnsRequireIpAddress")}`,
  );
}

/**
 * Whether the records of the name can be read at the provider, which proves the key and the zone.
 *
 * @param writeRight what the key needs besides to write, which no read proves
 */
export function checkRecords(
  hostname: string,
  listed: readonly DnsRecord[] | ProviderError,
  names = FLAG_NAMES,
  writeRight?: string,
): Finding {
  const topic = "ddns records";
  if (listed instanceof ProviderError) {
    const { code, detail, remedy = code === undefined ? waitRemedy(names) : remedyOfUnreached(code, names) } = listed;
    return failure(topic, detail, remedy);
  }
  const addresses = listed.filter(({ enabled }) => enabled).map(({ address }) => address);
  const now = addresses.length === 0 ? "it resolves to nothing now" : `it resolves to ${addresses.join(", ")} now`;
  const rest = writeRight === undefined ? "" : `; to write them, the key needs ${writeRight}, which only a write shows`;
  return fine(topic, `the records of ${hostname} can be read: ${now}${rest}`);
}

/** For an answer that is no answer to the request. */
function waitRemedy(names: SettingNames): string {
  return `run check again later; if this lasts, ${urlRemedy(names)}`;
}

function urlRemedy({ nameOf }: SettingNames): string {
  return `check ${nameOf("ddnsApiUrl")}, and whether a proxy or a filter answers in its place`;
}

const AUTHORITY = "NODE_EXTRA_CA_CERTS names the file of another authority";

/** What to do about a provider that did not answer. */
function remedyOfUnreached(code: FetchFailureCode, names: SettingNames): string {
  switch (code) {
    case "tls":
      return `check the clock of this machine, and whether a proxy or a filter replaces the certificate (${AUTHORITY})`;
    case "unresolved":
      return "check the name servers of this machine (/etc/resolv.conf), and that it reaches them";
    case "blocked":
    case "unreachable":
      return `check the routes to it; a kill switch rejects packets to it while no gateway is healthy, unless ${names.nameOf("excludeCidr")} has its addresses`;
    case "malformed":
      return urlRemedy(names);
    case "exhausted":
      return "raise the limits of this machine (ulimit -n)";
    default:
      return "check that this machine reaches the internet, and that no firewall is in between";
  }
}

/** The look-up of one gateway's public address. */
export interface LookedUp {
  readonly gateway: string;
  readonly result: LookUpResult;
}

/** Where public addresses are looked up. */
interface AddressService {
  /** Undefined where each gateway is asked for its own. */
  readonly publicIpServiceHostname?: string | undefined;
  readonly publicIpServicePort: number;
}

/**
 * A finding for each look-up. A failed one is an error only where no look-up succeeded.
 *
 * @param which what gateways are called of which none is looked up
 */
export function checkLookUps(
  lookUps: readonly LookedUp[],
  service: AddressService,
  textOf: GatewayText = addressText,
  which = "gateway",
  names = FLAG_NAMES,
): Finding[] {
  const topic = "public address";
  if (lookUps.length === 0) {
    return [warning(topic, `not looked up, since no ${which} is healthy`, "see the findings about the gateways")];
  }
  const someKnown = lookUps.some(({ result }) => result.kind === "success");
  return lookUps.map(({ gateway, result }) => {
    if (result.kind === "success") {
      const others = lookUps.filter((one) => one.gateway !== gateway && addressOf(one) === result.address);
      const shared = others.length === 0 ? "" : `, the same as ${others.map((one) => textOf(one.gateway)).join(", ")}`;
      return fine(topic, `${textOf(gateway)} has ${result.address}${shared}`);
    }
    const { code, detail, remedy = remedyOf(code, service, names) } = result;
    const took = formatDuration(Math.max(1, Math.round(result.seconds * 1000)));
    const level = someKnown ? warning : failure;
    return level(topic, `${textOf(gateway)}: ${detail} (${took})`, remedy);
  });
}

function addressOf({ result }: LookedUp): string | undefined {
  return result.kind === "success" ? result.address : undefined;
}

const CONTROL_PATH = "/v1/publicip/ip";

const CONTROL_SERVER = [
  ["publicIpServiceScheme", "http"],
  ["publicIpServicePort", CONTROL_PORT],
  ["publicIpServicePath", CONTROL_PATH],
] as const;

/** What to do about a look-up that failed, for failures without a remedy of their own. */
function remedyOf(code: LookUpFailureCode, service: AddressService, names: SettingNames): string {
  const { publicIpServiceHostname: hostname, publicIpServicePort: port } = service;
  const { nameOf, featureOf, withValues } = names;
  const listen = `HTTP_CONTROL_SERVER_ADDRESS=:${CONTROL_PORT}`;
  const controlServerHint = (more = ""): string =>
    hostname === undefined ? `; Gluetun's control server: ${withValues(CONTROL_SERVER)}${more}` : "";
  switch (code) {
    case "refused":
      return port === CONTROL_PORT && hostname === undefined
        ? `the gateway is up, but this port is closed to others; Gluetun: ${listen} and not 127.0.0.1:${CONTROL_PORT}`
        : `nothing listens on port ${port} there: check ${nameOf("publicIpServiceHostname")} and ${nameOf("publicIpServicePort")}${controlServerHint(` (and ${listen} there)`)}`;
    case "tls":
      return `check ${nameOf("publicIpServiceScheme")}; with https, its certificate must be valid for its name or address, and by the clock of this machine (${AUTHORITY})${controlServerHint()}`;
    case "unresolved":
      return `check ${nameOf("publicIpServiceHostname")}, and the name servers of this machine`;
    case "malformed":
      return `check ${nameOf("publicIpServiceScheme")} and ${nameOf("publicIpServicePort")}${controlServerHint()}`;
    case "not-found":
      return `check ${nameOf("publicIpServicePath")}; Gluetun: ${withValues([["publicIpServicePath", CONTROL_PATH]])}`;
    case "no-address":
      return "wait until the VPN has connected; if it has, Gluetun asks for its address once per connection: see its log, and choose another service with PUBLICIP_API";
    case "not-public":
      return `in a lab, set ${nameOf("publicIpAllowPrivate")} to accept it`;
    default:
      return `check ${names === FLAG_NAMES ? "the -public-ip-service-... flags" : featureOf("publicIpServicePath")}, and the service's own log`;
  }
}
