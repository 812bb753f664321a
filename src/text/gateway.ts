/** A gateway, as far as people have to recognize it. */
export interface NamedGateway {
  readonly address: string;
  readonly name?: string | undefined;
}

/** How people read a gateway: by its name with its address, or by its address alone where it has no name. */
export function gatewayText({ address, name }: NamedGateway): string {
  return name === undefined ? address : `${name} (${address})`;
}

/** How people read a gateway where there is room for one word. */
export function gatewayLabel({ address, name }: NamedGateway): string {
  return name ?? address;
}

/** Gives the text of a gateway for its address. */
export type GatewayText = (gateway: string) => string;

/** The texts of these gateways. Another address is its own text. */
export function textsOf(gateways: readonly NamedGateway[]): GatewayText {
  const texts = new Map(gateways.map((one) => [one.address, gatewayText(one)]));
  return (gateway) => texts.get(gateway) ?? gateway;
}

/** Of gateways without names. */
export const addressText: GatewayText = (gateway) => gateway;
