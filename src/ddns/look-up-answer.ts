import { readBody } from "../fetch/body.ts";
import { parseAddress } from "../net/address.ts";
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
): Promise<Answer> {
  const text = await readBody(body, LONGEST_ANSWER);
  if (text === undefined) return failed("too-long", `the answer is longer than ${LONGEST_ANSWER} bytes`);
  return readAnswer(text, allowPrivate, secrets);
}

/**
 * Reads the answer of a public address service: an address in plain text, or a JSON object that holds it.
 *
 * @param allowPrivate whether addresses that are not globally routable are accepted
 * @param secrets what must not show in a failure, should the service have echoed it
 */
export function readAnswer(body: string, allowPrivate: boolean, secrets: readonly string[] = []): Answer {
  const text = body.trim(); // which removes a byte order mark as well
  if (text === "") return failed("empty", "the answer is empty");
  const found = /^[{"[]/.test(text) ? findInJson(text) : text;
  if (found === NO_ADDRESS) return failed(...NO_ADDRESS);
  if (typeof found !== "string") return failed(found[0], `${found[1]}: ${excerpt(text, secrets)}`);
  const address = found.trim();
  const ip = parseAddress(address);
  if (ip === undefined) return failed("not-an-address", `not an IPv4 address: ${excerpt(address, secrets)}`);
  const range = allowPrivate ? rangeOfNoHost(ip) : rangeNotGlobal(ip);
  if (range) return failed("not-public", `${address} is not a public address: it lies in ${formatCidr(range)}`);
  return { kind: "success", address };
}

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
