import { contains, formatCidr, hostOf, parseCidr } from "../net/cidr.ts";
import { parseAddress } from "../net/address.ts";
import { RESERVED_CIDRS } from "../net/reserved.ts";
import { excerpt } from "../text/redact.ts";

/** An address, or why there is none. */
export type Answer = { readonly ok: true; readonly address: string } | { readonly ok: false; readonly reason: string };

/** Keys of a JSON answer that may hold the address, the first one wins. */
const KEYS = ["public_ip", "ip_address", "ip_addr", "ip"] as const;

/** What no host can have, not even in a lab: this network, loopback, multicast and class E. */
const NEVER_HOSTS = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"].map((text) => parseCidr(text)!);

/**
 * Reads the answer of a public address service: an address in plain text, or a JSON object that holds it.
 *
 * @param allowPrivate whether addresses that are not globally routable are taken as well
 * @param secrets what must not show in a reason, should the service have echoed it
 */
export function readAnswer(body: string, allowPrivate: boolean, secrets: readonly string[] = []): Answer {
  const text = body.trim(); // which takes a byte order mark as well
  if (text === "") return fail("the answer is empty");
  const found = /^[{"[]/.test(text) ? findInJson(text) : { ok: true as const, address: text };
  if (!found.ok) return fail(`${found.reason}: ${excerpt(text, secrets)}`);
  const address = found.address.trim();
  const ip = parseAddress(address);
  if (ip === undefined) return fail(`not an IPv4 address: ${excerpt(address, secrets)}`);
  const host = hostOf(ip);
  const range = (allowPrivate ? NEVER_HOSTS : RESERVED_CIDRS).find((cidr) => contains(cidr, host));
  return range ? fail(`${address} is not a public address: it lies in ${formatCidr(range)}`) : { ok: true, address };
}

/** The text that stands for the address, whatever it is. */
function findInJson(text: string): Answer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail("the answer is not JSON");
  }
  if (typeof json === "string") return { ok: true, address: json };
  const fields = (json ?? {}) as Record<string, unknown>;
  const values = KEYS.filter((key) => Object.hasOwn(fields, key)).map((key) => fields[key]);
  const value = values.find((one) => one !== "" && one !== null);
  if (typeof value === "string") return { ok: true, address: value };
  if (value !== undefined) return fail("the address is not a text");
  return fail(
    values.length > 0
      ? "the address is empty, the gateway does not know it yet"
      : `the answer has none of ${KEYS.join(", ")}`,
  );
}

function fail(reason: string): Extract<Answer, { ok: false }> {
  return { ok: false, reason };
}
