import { managedFamilies, namedAddresses } from "../config/families.ts";
import { settingNames } from "../config/setting-name.ts";
import { publishedGateways } from "../config/look-ups.ts";
import { type Config, type GatewayProbe, looksUpThrough } from "../config/model.ts";
import { familyOf } from "../net/address.ts";
import type { Kernel } from "../routing/kernel.ts";
import { textsOf } from "../text/gateway.ts";
import { askExits } from "./ask-exits.ts";
import { CANNOT_ASK } from "./check-through.ts";
import { checkLookUps } from "./ddns-findings.ts";
import { askAddresses } from "./dns.ts";
import { checkExits, leaksIn } from "./exits.ts";
import { acrossFamilies, type Finding, warning } from "./finding.ts";
import type { ProbedGateway } from "./gateways.ts";
import { probeGateways } from "./probe-gateways.ts";
import { withProbePaths } from "./probe-paths.ts";
import { findingOf, REPEAT } from "./start-checks.ts";

/**
 * Probes the gateways as the service does: with the look-up of the address that is required, as far as that can be made.
 *
 * @param kernel undefined where no rules and routes for probes can be made
 */
export async function probeAll(
  config: Config,
  target: GatewayProbe,
  kernel: Kernel | undefined,
): Promise<ProbedGateway[]> {
  const { publicIp } = config;
  if (!publicIp.publicIpRequired || !looksUpThrough(config)) return probeGateways(config, target);
  const withoutLookUps = (): Promise<ProbedGateway[]> =>
    probeGateways({ ...config, publicIp: { ...publicIp, publicIpRequired: false } }, target);
  if (kernel === undefined) return withoutLookUps();
  const probe = (): Promise<ProbedGateway[]> => probeGateways(config, target);
  return withProbePaths(kernel, config, probe).catch(withoutLookUps); // the look-ups show the error
}

/** The public address of each of these gateways, or why it is not known; nothing where none is needed. */
export async function addressFindings(
  config: Config,
  kernel: Kernel | undefined,
  healthy: readonly string[],
): Promise<Finding[]> {
  const { publicIp, pools } = config;
  const published = publishedGateways(pools);
  if (published.size === 0 && !publicIp.publicIpRequired) return [];
  if (looksUpThrough(config) && kernel === undefined) return [notAsked("public address")];
  const asked = publicIp.publicIpRequired ? healthy : healthy.filter((gateway) => published.has(gateway));
  const which = asked.length < healthy.length ? "gateway of a pool with a DNS name" : "gateway";
  return orFinding("public address", async () =>
    checkLookUps(
      await askAddresses(config, asked, kernel),
      publicIp,
      textsOf(namedAddresses(config.gateways)),
      which,
      settingNames(config.service),
    ),
  );
}

/** What was found of exits. */
interface ExitFindings {
  readonly findings: readonly Finding[];
  /** Gateways that leak. */
  readonly leaking: ReadonlySet<string>;
}

/** With which addresses packets through these gateways come out; nothing without -exit-check. */
export async function exitFindings(
  config: Config,
  kernel: Kernel | undefined,
  healthy: readonly string[],
): Promise<ExitFindings> {
  let leaking: ReadonlySet<string> = new Set();
  const ask = async (kernel: Kernel): Promise<Finding[]> => {
    const asked = await withProbePaths(kernel, config, () => askInFamilies(config, kernel, healthy));
    leaking = new Set(asked.flatMap(({ exits }) => [...leaksIn(exits).keys()]));
    const [textOf, names] = [textsOf(namedAddresses(config.gateways)), settingNames(config.service)];
    return acrossFamilies(asked.map(({ family, exits }) => ({ family, findings: checkExits(exits, textOf, names) })));
  };
  if (config.exitCheck.urls.length === 0) return { findings: [], leaking };
  const findings = kernel === undefined ? [notAsked("exits")] : await orFinding("exits", () => ask(kernel));
  return { findings, leaking };
}

/** What was asked in each family that is routed. */
async function askInFamilies(config: Config, kernel: Kernel, healthy: readonly string[]) {
  const asked = managedFamilies(config).map(async (family) => {
    const own = healthy.filter((gateway) => familyOf(gateway) === family);
    return { family, exits: await askExits(config, kernel, own, family) };
  });
  return (await Promise.all(asked)).flatMap(({ family, exits }) => (exits === undefined ? [] : { family, exits }));
}

function notAsked(topic: string): Finding {
  return warning(topic, `no service was asked through the gateways: ${CANNOT_ASK}`, REPEAT);
}

async function orFinding(topic: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [findingOf(topic, error)];
  }
}
