import type { MarkSelector } from "../../routing/selectors.ts";
import { FAMILIES, formatAddress, parseAddress } from "../../net/address.ts";
import { gatewayName } from "../gateway-values.ts";
import type { ValueType } from "../values.ts";

/** Probes are named only where people read, so that names such as `icmp 1.1.1.1, 9.9.9.9` work, which flags make. */
export const probeName: ValueType<string> = {
  placeholder: "NAME",
  example: "health",
  parse: (text) =>
    /^[^\p{Cc}\p{Zl}\p{Zp}\s]([^\p{Cc}\p{Zl}\p{Zp}]{0,998}[^\p{Cc}\p{Zl}\p{Zp}\s])?$/u.test(text)
      ? { ok: true, value: text }
      : { ok: false, expected: "a name of 1 to 1000 characters without control characters and spaces around it" },
};

/** A gateway as others refer to it. */
export const reference: ValueType<string> = {
  placeholder: "GATEWAY",
  example: "sweden",
  parse(text) {
    const address = parseAddress(text, FAMILIES);
    return address === undefined ? gatewayName.parse(text) : { ok: true, value: formatAddress(address) };
  },
};

/**
 * The name of a network interface, as the kernel has it (IFNAMSIZ, dev_valid_name in net/core/dev.c), without what ends or
 * joins the words of a line for `ip -batch` (getcmdline and makeargs in lib/utils.c): a rule would be for other packets.
 */
export const interfaceName: ValueType<string> = {
  placeholder: "INTERFACE",
  example: "br-iot",
  schema: { type: "string", pattern: String.raw`^[^/:\s"'#\\]{1,15}$` },
  parse: (text) =>
    /^[^/:\s\x00-\x1f\x7f"'#\\]{1,15}$/.test(text) && Buffer.byteLength(text) <= 15 && text !== "." && text !== ".."
      ? { ok: true, value: text }
      : {
          ok: false,
          expected:
            "the name of a network interface such as eth0, of up to 15 bytes, without quotes, # and backslashes",
        },
};

/** A packet mark, and its bits that count. */
export const selectorMark: ValueType<MarkSelector> = {
  placeholder: "MARK[/MASK]",
  example: "0x10/0xff",
  schema: { type: ["string", "integer"] },
  parse(text) {
    const [, ...parts] = /^(0x[\da-f]{1,8})(?:\/(0x[\da-f]{1,8}))?$/i.exec(text) ?? [];
    const [value, mask = 0xffffffff] = parts.filter((part) => part !== undefined).map(Number);
    if (value === undefined) return { ok: false, expected: "a mark such as 0x10, or with a mask 0x10/0xff" };
    if (mask === 0) return { ok: false, expected: "a mask with at least one bit" };
    return (value & ~mask) === 0
      ? { ok: true, value: { value, mask } }
      : { ok: false, expected: "a mark without bits outside its mask, which match no packet" };
  },
};
