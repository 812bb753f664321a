import { familyOf } from "../../../net/address.ts";
import { percent } from "../../../status/phrases.ts";
import type { Gateway } from "../../../status/schema.ts";
import { gatewayBadge } from "../badges.ts";
import { publicAddressText } from "../gateways.ts";
import type { ShownGateway } from "../pools.ts";
import { setAttribute, setHidden, setText, setTone, within } from "./elements.ts";

/* What the rows of all gateways and those of the members of a pool have in common. */

/** Which columns a table has that not every one needs: weights and tiers where they differ. */
export function showColumns(table: HTMLElement, gateways: readonly Gateway[], hasPools: boolean): void {
  const differ = (values: readonly (number | undefined)[]): string => String(new Set(values).size > 1);
  setAttribute(table, "data-pools", String(hasPools));
  setAttribute(table, "data-tiers", differ(gateways.map(({ tier }) => tier)));
  setAttribute(table, "data-weights", differ(gateways.map(({ weight }) => weight)));
}

/** Name, addresses and state. */
export function showIdentity(row: HTMLElement, gateway: ShownGateway): void {
  const { address } = gateway;
  const name = headingOf(gateway);
  const cell = (of: string): HTMLElement => within(row, `.${of}`);
  setText(cell("name"), name);
  setAttribute(cell("name"), "title", name); // which may be cut
  setHidden(cell("name"), name === "");
  setText(cell("address"), address);
  setAttribute(row, "data-family", String(familyOf(address) ?? ""));
  setText(cell("public"), publicAddressText(gateway));
  const badge = gatewayBadge(gateway);
  setTone(row, badge.tone);
  setText(cell("word"), badge.text);
}

/** What stands above the address: the name, or the first of two addresses above the second; empty where the address is alone. */
function headingOf({ name, address, otherAddress = "" }: Gateway): string {
  return name ?? (familyOf(address) === 6 ? otherAddress : "");
}

/** Share, tier and weight in a pool. */
export function showPlace(row: HTMLElement, { carriesTraffic, share, tier, weight }: Gateway): void {
  setText(within(row, ".share"), carriesTraffic ? percent(share) : "-");
  setText(within(row, ".tier"), String(tier ?? ""));
  setText(within(row, ".weight"), String(weight ?? ""));
}
