import { nearlyIpv6, withoutInterface } from "../../config/address-values.ts";
import { hostname, type ValueType } from "../../config/values.ts";
import { type Address, FAMILIES, formatAddress, isLinkLocal, parseAddress } from "../../net/address.ts";

/** Where a packet goes to: an address, or each address of a name. */
export type PacketDestination =
  { readonly kind: "address"; readonly address: string } | { readonly kind: "name"; readonly name: string };

const ADDRESSES = "an address such as 8.8.8.8 or 2606:4700:4700::1111";

export const packetDestination: ValueType<PacketDestination> = {
  placeholder: "ADDRESS",
  example: "8.8.8.8",
  parse(text) {
    const address = parseAddress(text, FAMILIES);
    if (address !== undefined) {
      const unplaced = withoutInterface(address);
      if (unplaced !== undefined) return { ok: false, expected: unplaced };
      return { ok: true, value: { kind: "address", address: formatAddress(address) } };
    }
    const nearly = nearlyIpv6(text);
    if (nearly !== undefined) return { ok: false, expected: nearly };
    const name = hostname.parse(text);
    if (name.ok) return { ok: true, value: { kind: "name", name: name.value } };
    return { ok: false, expected: /^[\da-f.:]*$/i.test(text) ? ADDRESSES : `${ADDRESSES}, or ${name.expected}` };
  },
};

export const packetSource: ValueType<Address> = {
  placeholder: "ADDRESS",
  example: "192.168.1.77",
  parse(text) {
    const address = parseAddress(text, FAMILIES);
    if (address === undefined) {
      return { ok: false, expected: nearlyIpv6(text) ?? "an address such as 192.168.1.77 or fd00::77" };
    }
    return isLinkLocal(address)
      ? { ok: false, expected: "the address of a packet that is forwarded, which no link-local one is" }
      : { ok: true, value: address };
  },
};

export const packetMark: ValueType<number> = numberBelow(2 ** 32, /^(0x[\da-f]{1,8}|\d{1,9})$/i, {
  placeholder: "MARK",
  example: "0x10",
  expected: "a mark such as 0x10",
});

/** A flow label has 20 bits (RFC 6437). */
export const packetLabel: ValueType<number> = numberBelow(2 ** 20, /^(0x[\da-f]{1,5}|\d{1,7})$/i, {
  placeholder: "LABEL",
  example: "0x12345",
  expected: "a flow label from 0 to 0xfffff",
});

interface NumberWords {
  readonly placeholder: string;
  readonly example: string;
  readonly expected: string;
}

function numberBelow(end: number, form: RegExp, { expected, ...words }: NumberWords): ValueType<number> {
  return {
    ...words,
    parse: (text) =>
      form.test(text) && Number(text) < end ? { ok: true, value: Number(text) } : { ok: false, expected },
  };
}
