import type { DrainResult, ListedGateway, PoolChange } from "../service/drain-answers.ts";
import { gatewayText, type NamedGateway } from "../text/gateway.ts";
import { list } from "../text/list.ts";

/** Gateways that one line names at most. */
const MAX_GATEWAYS = 8;

/** What a drain, or its end, has changed, for people. */
export function drainLines({ gateway, changed, pools }: DrainResult, drained: boolean): string[] {
  const subject = gatewayText(gateway);
  if (!changed) return [`${subject} is ${drained ? "drained already" : "not drained"}; nothing was changed`];
  return [`${subject} is ${drained ? "drained" : "not drained any more"}`, ...pools.map(poolLine)];
}

/**
 * The gateways that a command is for, one a line. Shells complete them, and bash expands what they offer, so a word that is
 * no name and no address is left out: it may come from a damaged file, or from another program at the socket.
 */
export function listText(gateways: readonly ListedGateway[], command: string): string {
  const listed = gateways.filter(
    ({ label, drained }) => drained === (command === "undrain") && /^[\w.-]+$/.test(label),
  );
  return listed.map(({ label }) => `${label}\n`).join("");
}

/** What is not as it should be afterwards. */
export function drainProblems({ pools, unstored }: DrainResult): string[] {
  const open = pools.flatMap(({ pool, kernel }) =>
    kernel.ok ? [] : [`${pool === null ? "" : `pool ${pool}: `}not in the kernel yet: ${kernel.why}`],
  );
  return unstored === null ? open : [...open, `a restart forgets this: ${unstored}`];
}

function poolLine({ pool, before, after }: PoolChange): string {
  const lost = missingIn(after, before);
  const won = missingIn(before, after);
  const changes = [
    ...(lost.length > 0 ? [`no longer ${listOf(lost)}`] : []),
    ...(won.length > 0 ? [`new ${listOf(won)}`] : []),
  ];
  const change = changes.length === 0 ? "no change" : changes.join(", ");
  return `  ${pool === null ? "" : `pool ${pool}: `}in use: ${listOf(after)} (${change})`;
}

/** Those that the others do not have. */
function missingIn(others: readonly NamedGateway[], gateways: readonly NamedGateway[]): NamedGateway[] {
  return gateways.filter(({ address }) => !others.some((one) => one.address === address));
}

function listOf(gateways: readonly NamedGateway[]): string {
  return gateways.length === 0 ? "none" : list(gateways.map(gatewayText), MAX_GATEWAYS);
}
