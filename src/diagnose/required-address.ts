import type { PoolConfig } from "../config/model.ts";
import { formatAddress } from "../net/address.ts";

/** The address without which this machine does not update records; undefined where none is required. */
export function requiredAddress({ ddnsProvider, ddnsRequireIpAddress: required }: PoolConfig): string | undefined {
  return ddnsProvider === undefined || required === undefined ? undefined : formatAddress(required);
}
