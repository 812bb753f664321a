import { exposedSecrets } from "../../config/exposed-secrets.ts";
import { type Level, ofPool, verdict, warning } from "../../diagnose/finding.ts";
import { findingsJson, findingsText } from "../../diagnose/format-findings.ts";
import { output } from "../../log/async-stdout.ts";
import type { Command } from "./command.ts";
import { EXIT } from "../program.ts";
import { POOL_FLAG, readPool } from "./pool-option.ts";
import { JSON_FLAG, parseReport, lookOf } from "./printing.ts";

/** The exit status by the worst finding. */
const STATUSES: Readonly<Record<Level, number>> = { ok: EXIT.done, error: EXIT.failed, warning: 3 };

/** Checks everything that can keep a service with these flags from working, and prints the remedies. */
export const check: Command = {
  name: "check",
  help: "check this machine, the gateways and the DNS provider, and print problems with their remedies (exit status 0: no problem)",
  statuses: [
    [STATUSES.ok, "no problem found"],
    [STATUSES.error, "an error: the service cannot do what its flags say"],
    [STATUSES.warning, "warnings only: the service works, but not as well as it could"],
  ],
  options: [POOL_FLAG, JSON_FLAG],
  async run(given) {
    const parsed = await parseReport("check", given);
    if (!parsed) return EXIT.usage;
    const pool = readPool(parsed.config, given);
    if (!pool) return EXIT.usage;
    const { runChecks } = await import("../../diagnose/check.ts"); // the service does not need it
    const { config, warnings, asJson, given: gateways } = parsed;
    const [client, , server] = process.env["SSH_CONNECTION"]?.split(" ") ?? [];
    const exposed = exposedSecrets(given.flags).map(({ detail, remedy }) => warning("secrets", detail, remedy));
    const checked = await runChecks(config, warnings, { client, server, given: gateways });
    const all = [...checked, ...exposed];
    const findings = pool.only === undefined ? all : ofPool(all, pool.only);
    output.write(asJson ? findingsJson(findings) : findingsText(findings, lookOf()));
    return STATUSES[verdict(findings)];
  },
};
