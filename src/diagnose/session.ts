import { parseHost } from "../net/cidr.ts";
import { usesGateways } from "../routing/managed.ts";
import type { Route } from "../routing/types.ts";
import { type Finding, warning } from "./finding.ts";
import { FLAG_WORDS } from "./setting-words.ts";

/**
 * Whether the user would lose the SSH session: answers of this machine to an address that is routed through the gateways
 * go through them as well.
 *
 * @param client the address from which the user is logged in, if so
 */
export function checkSession(client: string | undefined, wanted: readonly Route[], words = FLAG_WORDS): Finding[] {
  const network = client === undefined ? undefined : parseHost(client);
  if (!network || !usesGateways(network, wanted)) return [];
  return [
    warning(
      "session",
      `you are logged in from ${client}, which is routed through the gateways: this session hangs once the service runs`,
      words.exclude([network]),
    ),
  ];
}
