import { type Level, verdict } from "../../diagnose/finding.ts";
import { findingsJson, findingsText } from "../../diagnose/format-findings.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, EXIT } from "./command.ts";
import { JSON_FLAG, judgeReport, lookOf } from "./printing.ts";

/** What the exit status tells. */
const STATUSES: Readonly<Record<Level, number>> = { ok: EXIT.done, error: EXIT.failed, warning: 3 };

/** Looks at everything that could keep a service with these flags from its work, and says what to do about it. */
export const check: Command = {
  name: "check",
  help: "look for what keeps the service from its work; status 0 is well, 1 errors, 3 warnings only",
  statuses: [
    [STATUSES.ok, "all is well"],
    [STATUSES.error, "an error: the service cannot do what it was told to do"],
    [STATUSES.warning, "warnings only: it can, but not as well as it might"],
  ],
  options: [JSON_FLAG],
  async run(given) {
    const judged = judgeReport("check", given);
    if (!judged) return EXIT.usage;
    const { examine } = await import("../../diagnose/check.ts"); // which the service need not load
    const { config, warnings, asJson } = judged;
    const client = process.env["SSH_CONNECTION"]?.split(" ")[0];
    const findings = await examine(config, warnings, client);
    output.write(asJson ? findingsJson(findings) : findingsText(findings, lookOf()));
    return STATUSES[verdict(findings)];
  },
};
