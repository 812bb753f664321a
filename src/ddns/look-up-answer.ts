import { readBody } from "../fetch/body.ts";
import { FAMILIES, type Family, formatAddress, parseAddress, zoneOf } from "../net/address.ts";
import { formatCidr } from "../net/cidr.ts";
import { rangeNotGlobal, rangeOfNoHost } from "../net/reserved.ts";
import { parseJson } from "../text/json.ts";
import { excerpt } from "../text/redact.ts";
import { type Answer, failed, type LookUpFailureCode } from "./look-up-result.ts";

/** Fields of a JSON answer that may hold the address; the first one that is not empty counts. */
const FIELDS = ["public_ip", "ip_address", "ip_addr", "ip"] as const;

/** In bytes. */
const LONGEST_ANSWER = 64 * 1024;

/**
 * Reads the body of an answer, and what stands in it as `readAnswer` does.
 *
 * @throws what the body throws when the connection breaks
 */
export async function readAnswerBody(
  body: AsyncIterable<Uint8Array> | null,
  allowPrivate: boolean,
  secrets: readonly string[] = [],
  family: Family = 4,
): Promise<Answer> {
  const text = await readBody(body, LONGEST_ANSWER);
  if (text === undefined) return failed("too-long", `the answer is longer than ${LONGEST_ANSWER} bytes`);
  return readAnswer(text, allowPrivate, secrets, family);
}

/**
 * Reads the answer of a public address service: an address in plain text, or a JSON object that holds it.
 *
 * @param allowPrivate whether addresses that are not globally routable are accepted
 * @param secrets what must not show in a failure, should the service have echoed it
 * @param family that of the address which is asked for. An answer with one of the other says nothing of it
 */
export function readAnswer(
  body: string,
  allowPrivate: boolean,
  secrets: readonly string[] = [],
  family: Family = 4,
): Answer {
  const text = body.trim(); // which removes a byte order mark as well
  if (text === "") return failed("empty", "the answer is empty");
  const found = /^[{"[]/.test(text) ? findInJson(text) : text;
  if (found === NO_ADDRESS) return failed(...NO_ADDRESS);
  if (typeof found !== "string") return failed(found[0], `${found[1]}: ${excerpt(text, secrets)}`);
  const ip = parseAddress(found.trim(), FAMILIES);
  if (ip?.family !== family || zoneOf(ip) !== undefined) {
    const detail = `not an IPv${family} address: ${excerpt(found.trim(), secrets)}`;
    return failed("not-an-address", detail, ip?.family === 4 ? BY_SERVICE : undefined);
  }
  const address = formatAddress(ip);
  const range = allowPrivate ? rangeOfNoHost(ip) : rangeNotGlobal(ip);
  if (range) return failed("not-public", `${address} is not a public address: it lies in ${formatCidr(range)}`);
  return { kind: "success", address };
}

/** A control server knows one address, mostly that of IPv4; a service knows with which one it is asked. */
const BY_SERVICE =
  "a gateway that knows only one address of its own cannot tell that of IPv6: set -public-ip-service-hostname to a service that has an IPv6 address";

const NO_ADDRESS = [
  "no-address",
  "the answer has no address: the VPN of the gateway is down, or its address is not known to it",
] as const;

function isEmpty(value: unknown): boolean {
  return value === "" || value === null;
}

/** The text in place of the address, whatever it holds; or why there is none. */
function findInJson(text: string): string | readonly [LookUpFailureCode, detail: string] {
  const json = parseJson(text);
  if (json === undefined) return ["not-json", "the answer is not valid JSON"];
  if (typeof json === "string") return json;
  const object = json as Record<string, unknown>;
  const values = FIELDS.filter((field) => Object.hasOwn(object, field)).map((field) => object[field]);
  const isBlank = !Array.isArray(object) && Object.values(object).every(isEmpty);
  if (isBlank) return NO_ADDRESS;
  if (values.length === 0) return ["no-address-field", `the answer has none of ${FIELDS.join(", ")}`];
  const value = values.find((one) => !isEmpty(one));
  if (value === undefined) return NO_ADDRESS;
  return typeof value === "string" ? value : ["not-an-address", "the address is not a string"];
}
