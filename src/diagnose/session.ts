import { parseCidr } from "../net/cidr.ts";
import type { Route } from "../routing/types.ts";
import { type Finding, warning } from "./finding.ts";
import { takesGateways } from "./managed.ts";

/**
 * Whether the person who asks would lose the session: answers of this machine to an address that is routed through the
 * gateways take them as well.
 *
 * @param client the far end of the SSH session, if there is one
 */
export function judgeSession(client: string | undefined, wanted: readonly Route[]): Finding[] {
  const network = client === undefined ? undefined : parseCidr(`${client}/32`);
  if (!network || !takesGateways(network, wanted)) return [];
  return [
    warning(
      "session",
      `you are logged in from ${client}, which is routed through the gateways: this session hangs once the service runs`,
      `-exclude-cidr ${client}/32`,
    ),
  ];
}
