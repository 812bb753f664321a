import type { DrainResult, PoolChange } from "../service/drain-answers.ts";
import { gatewayText } from "../text/gateway.ts";
import { list } from "../text/list.ts";

/** Gateways that one line names at most. */
const MAX_GATEWAYS = 8;

/** What a drain, or its end, has changed, for people. */
export function drainLines({ gateway, changed, pools }: DrainResult, drained: boolean): string[] {
  const subject = gatewayText(gateway);
  if (!changed) return [`${subject} is ${drained ? "drained already" : "not drained"}; nothing was changed`];
  return [`${subject} is ${drained ? "drained" : "not drained any more"}`, ...pools.map(poolLine)];
}

/** What is not as it should be afterwards. */
export function drainProblems({ pools, unstored }: DrainResult): string[] {
  const open = pools.flatMap(({ pool, kernel }) =>
    kernel.ok ? [] : [`${pool === null ? "" : `pool ${pool}: `}not in the kernel yet: ${kernel.why}`],
  );
  return unstored === null ? open : [...open, `a restart forgets this: ${unstored}`];
}

function poolLine({ pool, before, after }: PoolChange): string {
  const listed = after.length === 0 ? "none" : list(after, MAX_GATEWAYS);
  const lost = before.filter((gateway) => !after.includes(gateway));
  const won = after.filter((gateway) => !before.includes(gateway));
  const changes = [
    ...(lost.length > 0 ? [`no longer ${list(lost, MAX_GATEWAYS)}`] : []),
    ...(won.length > 0 ? [`new ${list(won, MAX_GATEWAYS)}`] : []),
  ];
  const change = changes.length === 0 ? "no change" : changes.join(", ");
  return `  ${pool === null ? "" : `pool ${pool}: `}in use: ${listed} (${change})`;
}
