import { quote } from "../../text/escape.ts";
import type { ProbeConfig } from "../model.ts";
import { beyondProbeRules, gatewayProbeRules, needRules } from "../rules.ts";
import { targetOfKind, type ThroughTarget } from "../through-values.ts";
import { targetName } from "../target-text.ts";
import type { ReadProbe } from "./document.ts";
import type { Findings } from "./read.ts";
import { reportRules, whole } from "./report-rules.ts";
import { BEYOND_PROBE, GATEWAY_PROBE } from "./tables.ts";

/** The probes of a file. */
export function probesOf(read: readonly ReadProbe[], findings: Findings): ProbeConfig[] {
  return read.map((probe) => (probe.kind === "gateway" ? gatewayProbe(probe, findings) : beyondProbe(probe, findings)));
}

type Of<K extends ReadProbe["kind"]> = Extract<ReadProbe, { kind: K }>;

function gatewayProbe(probe: Of<"gateway">, findings: Findings): ProbeConfig {
  reportRules(probe, GATEWAY_PROBE, findings, (name) => gatewayProbeRules(probe.values, name));
  const {
    checkPeriod: period,
    fastCheckPeriod: fastPeriod,
    scheme,
    port,
    path,
    timeout,
    rise,
    fall,
  } = whole(probe.values);
  return { kind: "gateway", name: probe.name, scheme, port, path, period, fastPeriod, timeout, rise, fall };
}

function beyondProbe(probe: Of<"beyond">, findings: Findings): ProbeConfig {
  const targets = targetsOf(probe, findings);
  const { values } = probe;
  reportRules(probe, BEYOND_PROBE, findings, function* (name) {
    yield* beyondProbeRules(values, name);
    if (targets.size > 0 && targets.size === values.targets?.length)
      yield* needRules(values, targets.size, targets.size === 1 ? "there is" : "there are", name);
  });
  reportText(probe, findings);
  const { throughNeed: need, throughPeriod: period, throughTimeout: timeout, ...rest } = whole(values);
  return {
    kind: "beyond",
    name: probe.name,
    label: rest.type,
    targets,
    ...{ need, period, timeout, rise: rest.throughRise, fall: rest.throughFall, text: rest.throughText },
    maxLoss: rest.throughMaxLoss,
    maxLatency: rest.throughMaxLatency,
  };
}

/** Reports a text that no answer can have. */
function reportText({ values, path, title }: Of<"beyond">, findings: Findings): void {
  const { type, throughText } = values;
  if (throughText === undefined || type === undefined || type === "url") return;
  findings.report(
    [...path, "text"],
    `${title} text ${quote(throughText)}: only the answer of a URL has a text; remove it, or set type = "url"`,
  );
}

/** The targets of a probe, each by its text. */
function targetsOf({ values, path, title }: Of<"beyond">, findings: Findings): ReadonlyMap<string, ThroughTarget> {
  const { type, targets } = values;
  if (targets?.length === 0) findings.report([...path, "targets"], `${title} targets: expected at least one`);
  if (type === undefined || type === "http" || targets === undefined) return new Map();
  const target = targetOfKind(type);
  const found = new Map<string, ThroughTarget>();
  const seen = new Set<string>();
  for (const [index, text] of targets.entries()) {
    if (text === undefined) continue; // reported already
    const at = [...path, "targets", index];
    const parsed = target.parse(text);
    const shown = `${title} targets ${quote(target.show!(text))}`;
    if (target.show!(text) !== text) findings.hide(at);
    if (!parsed.ok) findings.report(at, `${shown}: expected ${parsed.expected}`);
    else if (seen.has(JSON.stringify(parsed.value))) findings.report(at, `${shown}: given twice; remove one`);
    else found.set(targetName(text), parsed.value);
    if (parsed.ok) seen.add(JSON.stringify(parsed.value));
  }
  return found;
}
