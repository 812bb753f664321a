import { type Address, isAddress, parseAddress } from "../net/address.ts";
import { type Cidr, parseCidr } from "../net/cidr.ts";
import { expected, ok, textLike, type ValueType } from "./values.ts";

const ADDRESS_PATTERN = String.raw`\d{1,3}(\.\d{1,3}){3}`;

export const ipv4Address: ValueType<Address> = {
  placeholder: "ADDRESS",
  example: "192.168.1.10",
  schema: textLike(`^${ADDRESS_PATTERN}$`),
  parse(text) {
    const address = parseAddress(text);
    return address === undefined ? expected("an IPv4 address such as 192.168.1.10") : ok(address);
  },
};

export const cidr: ValueType<Cidr> = {
  placeholder: "CIDR",
  example: "8.8.8.0/24",
  schema: textLike(`^${ADDRESS_PATTERN}/\\d{1,2}$`),
  parse(text) {
    const network = parseCidr(text);
    if (network) return ok(network);
    if (isAddress(text)) return expected(`a network; for this one address use ${text}/32`);
    return expected("an IPv4 network such as 8.8.8.0/24");
  },
};

/** A destination to route: a network, or `default` for everything. */
export const destination: ValueType<Cidr> = {
  placeholder: "CIDR|default",
  words: ["default"],
  example: "8.8.8.0/24",
  schema: textLike(`^(default|${ADDRESS_PATTERN}/\\d{1,2})$`),
  parse: (text) => cidr.parse(text === "default" ? "0.0.0.0/0" : text),
};
