import { isLikeTsigKey } from "../ddns/dns/tsig-key.ts";
import { PROVIDER_NAMES, type ProviderName } from "../ddns/providers/registry.ts";
import { choice, expected, ok, text, textLike, type ValueType } from "./values.ts";

/** Providers that hold one address for a name, so that it could never have those of several gateways. */
const OF_ONE_ADDRESS: ReadonlyMap<string, string> = new Map([
  ["duckdns", "DuckDNS"],
  ["noip", "No-IP"],
  ["no-ip", "No-IP"],
]);

/** Providers to use in place of those: without charge, and with several addresses for a name. */
const INSTEAD: readonly ProviderName[] = ["desec", "dynudns"];

const providers = choice(...PROVIDER_NAMES);

/** A DNS provider by its name. */
export const provider: ValueType<ProviderName> = {
  ...providers,
  placeholder: "NAME", // there are too many for a line
  parse(name) {
    const title = OF_ONE_ADDRESS.get(name.toLowerCase());
    if (title === undefined) return providers.parse(name);
    return expected(
      `a provider that holds the addresses of several gateways at one name, where ${title} holds a single one; use ${INSTEAD.join(" or ")}, which cost nothing either`,
    );
  },
};

/** A password or key at a DNS provider. Only a key of a name server has several lines. */
export const providerSecret: ValueType<string> = {
  ...text,
  parse: (secret) => (isLikeTsigKey(secret) ? ok(secret) : text.parse(secret)),
};

/** The id of a zone at a provider. */
export const zoneId: ValueType<string> = {
  placeholder: "ID",
  example: "023e105f4ecef8ad9ca31a8372d0c353",
  schema: textLike(String.raw`^[\w-]{1,64}$`),
  parse: (id) => (/^[\w-]{1,64}$/.test(id) ? ok(id) : expected("the id of the zone, as the provider shows it")),
};
