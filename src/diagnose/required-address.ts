import type { DnsNameConfig } from "../config/model.ts";
import { formatAddress } from "../net/address.ts";

/** The address without which this machine does not update the records of a name; undefined where none is required. */
export function requiredAddress({ ddnsRequireIpAddress: required }: DnsNameConfig): string | undefined {
  return required && formatAddress(required);
}
