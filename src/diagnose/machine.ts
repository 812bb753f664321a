import type { PoolConfig } from "../config/parse.ts";
import { checkIp, checkMultipath, checkPolicyRouting, checkPrivilege } from "../service/preflight.ts";
import { StartError } from "../service/start-error.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import { failure, fine, type Finding } from "./finding.ts";

/** What the service asks of a machine before it starts. */
export interface Machine {
  readonly findings: readonly Finding[];
  /** Undefined when there is no usable `ip`, so that nothing more can be read. */
  readonly release: IpRelease | undefined;
}

/** Makes the same checks as a start of the service, but all of them. */
export async function examineMachine({ gateways, firstRoutingTableId }: PoolConfig): Promise<Machine> {
  const ip = await attempt("ip", checkIp, ({ name }) => `iproute2 ${name}`);
  const routing = ip.value && [
    await attempt(
      "privilege",
      () => checkPrivilege(firstRoutingTableId),
      () => "routes may be changed",
    ),
    await attempt("kernel rules", checkPolicyRouting, () => "the kernel has routing rules"),
  ];
  const multipath =
    gateways.length > 1
      ? [await attempt("kernel multipath", checkMultipath, () => "the kernel has multipath routes")]
      : [];
  return { findings: [ip, ...(routing ?? []), ...multipath].map(({ finding }) => finding), release: ip.value };
}

async function attempt<T>(
  topic: string,
  check: () => T | Promise<T>,
  praise: (value: T) => string,
): Promise<{ finding: Finding; value: T | undefined }> {
  try {
    const value = await check();
    return { finding: fine(topic, praise(value)), value };
  } catch (error) {
    if (!(error instanceof StartError)) return { finding: troubleOf(topic, error), value: undefined };
    return { finding: failure(topic, error.detail, error.remedy), value: undefined };
  }
}

/** Something went wrong where nobody expected it. */
export function troubleOf(topic: string, error: unknown): Finding {
  return failure(topic, error instanceof Error ? error.message : String(error), "mend this, then check again");
}
