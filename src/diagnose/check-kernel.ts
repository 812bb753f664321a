import type { Config } from "../config/model.ts";
import { settingNames } from "../config/setting-name.ts";
import type { Family } from "../net/address.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import { jointKernel } from "../routing/joint-kernel.ts";
import { familyFindings, readFamily } from "./check-family.ts";
import type { Circumstances } from "./circumstances.ts";
import { checkRequiredAddress } from "./ddns-findings.ts";
import { acrossFamilies, acrossPools, type Finding } from "./finding.ts";
import { inEachFamily } from "../config/families.ts";
import { hasIpv6Default } from "./host-facts.ts";
import { requiredAddress } from "./required-address.ts";
import { checkUnroutedIpv6 } from "./unrouted-ipv6.ts";

/** The checks of the kernel, and what they show of the gateways. */
export interface KernelFindings {
  readonly findings: readonly Finding[];
  /** Gateways that cannot be nexthops. */
  readonly unusable: ReadonlySet<string>;
}

/**
 * Reads the kernel once for all pools in each family, and checks what it shows of each.
 *
 * @param families those that are routed, and can be
 */
export async function kernelFindings(
  config: Config,
  release: IpRelease,
  families: readonly Family[],
  circumstances: Circumstances,
): Promise<KernelFindings> {
  const kernel = jointKernel(createKernel({ mostWords: release.mostWords }));
  const views = inEachFamily(config)
    .filter(({ family }) => families.includes(family))
    .map((one) => ({ ...one, whole: config }));
  const read = await Promise.all(views.map((view) => readFamily(view, kernel)));
  const rules = read.flatMap(({ observed }) => observed[0]!.policies);
  const found = await Promise.all(read.map((one) => familyFindings(one, kernel, circumstances, rules)));
  const ofFamilies = views.map(({ family }, index) => ({ family, findings: found[index]! }));
  const [ipv4] = read.filter(({ family }) => family === 4);
  const own4 = ipv4?.observed[0]!.addresses ?? (await kernel.readAddresses());
  const own6 = read.filter(({ family }) => family === 6).flatMap(({ observed }) => observed[0]!.addresses);
  return {
    findings: [
      ...acrossFamilies(ofFamilies),
      ...checkUnroutedIpv6(config, hasIpv6Default()),
      ...requiredFindings(config, [...own4, ...own6]),
    ],
    unusable: new Set(read.flatMap(({ observed }) => observed[0]!.unusable.map(({ gateway }) => gateway))),
  };
}

/** @param own the addresses of this machine */
function requiredFindings({ service, pools }: Config, own: readonly string[]): Finding[] {
  const ofPools = pools.map((pool) => {
    const required = requiredAddress(pool);
    return {
      name: pool.name,
      findings: required === undefined ? [] : [checkRequiredAddress(required, own, settingNames(service))],
    };
  });
  return acrossPools(ofPools);
}
