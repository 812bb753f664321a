import { isLikeTsigKey } from "../ddns/dns/tsig-key.ts";
import { PROVIDER_NAMES, type ProviderName } from "../ddns/providers/registry.ts";
import { choice, expected, ok, text, textLike, type ValueType } from "./values.ts";

/** Providers that hold one address for a name, so that it could never have those of several gateways. */
const OF_ONE_ADDRESS = ["duckdns", "noip", "no-ip"];

const providers = choice(...PROVIDER_NAMES);

/** A DNS provider by its name. */
export const provider: ValueType<ProviderName> = {
  ...providers,
  placeholder: "NAME", // there are too many for a line
  parse(name) {
    if (!OF_ONE_ADDRESS.includes(name.toLowerCase())) return providers.parse(name);
    return expected(`a provider that holds several addresses for a name, as this one does not: ${listed}`);
  },
};

const listed = `${PROVIDER_NAMES.slice(0, -1).join(", ")} or ${PROVIDER_NAMES.at(-1)}`;

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
