import { inEachFamily } from "../config/families.ts";
import type { Config } from "../config/model.ts";
import { settingNames } from "../config/setting-name.ts";
import { type Family, familyOf } from "../net/address.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import { jointKernel } from "../routing/joint-kernel.ts";
import { familyFindings, readFamily } from "./check-family.ts";
import type { Circumstances } from "./circumstances.ts";
import { checkRequiredAddress } from "./ddns-findings.ts";
import { acrossFamilies, acrossPools, type Finding } from "./finding.ts";
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
 * @param families those that are routed or rejected, and can be
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
  const ownIn = async (family: Family): Promise<readonly string[]> => {
    const known = read.find((one) => one.family === family);
    return known?.observed[0]!.addresses ?? kernel.readAddresses(family);
  };
  return {
    findings: [
      ...acrossFamilies(ofFamilies),
      ...checkUnroutedIpv6(config, hasIpv6Default()),
      ...(await requiredFindings(config, ownIn)),
    ],
    unusable: new Set(read.flatMap(({ observed }) => observed[0]!.unusable.map(({ gateway }) => gateway))),
  };
}

/** @param ownIn the addresses of this machine of a family */
async function requiredFindings(
  { service, pools }: Config,
  ownIn: (family: Family) => Promise<readonly string[]>,
): Promise<Finding[]> {
  const names = settingNames(service);
  const ofPools = pools.map(async (pool) => {
    const required = new Set(pool.dnsNames.flatMap((name) => requiredAddress(name) ?? []));
    const findings = [...required].map(async (one) => checkRequiredAddress(one, await ownIn(familyOf(one)), names));
    return { name: pool.name, findings: await Promise.all(findings) };
  });
  return acrossPools(await Promise.all(ofPools));
}
