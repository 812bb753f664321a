import { quote } from "../../text/escape.ts";
import type { Config, ProbeConfig } from "../model.ts";
import { exampleTarget, targetLacks } from "../target-families.ts";
import type { Document, ReadProbe } from "./document.ts";
import type { Findings } from "./read.ts";

/** Reports probes that have too few targets of a family for gateways that carry packets of it. */
export function reportTargetFamilies(document: Document, config: Config, findings: Findings): void {
  if (!config.probes.every((probe, index) => isSound(probe, document.probes[index]))) return; // what is meant is unknown
  for (const { probe, family, count, gateway } of targetLacks(config)) {
    const { path, title } = document.probes.find(({ name }) => name === probe.name)!;
    if (count > 0) {
      const targets = count === 1 ? "is only 1 target" : `are only ${count} targets`;
      const text = `${title} need ${probe.need}: there ${targets} of IPv${family}; lower it, or add targets`;
      findings.report([...path, "need"], text);
    } else {
      const example = quote(exampleTarget(probe, family));
      const text = `${title} targets: none is of IPv${family}, so nothing beyond gateways such as ${gateway} is asked; add one, such as ${example}`;
      findings.report([...path, "targets"], text);
    }
  }
}

/** Whether a probe has all targets that are given for it, at least one. */
function isSound(probe: ProbeConfig, read: ReadProbe | undefined): boolean {
  if (probe.kind === "gateway" || read?.kind !== "beyond") return true;
  return probe.targets.size > 0 && probe.targets.size === read.values.targets?.length;
}
