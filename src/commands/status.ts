import { readFileSync } from "node:fs";

import type { Option } from "../config/options.ts";
import { boolean } from "../config/values.ts";
import type { Status } from "../picture/status.ts";
import { askStatus, type Where } from "../status/ask.ts";
import { type Look, renderStatus } from "../status/render.ts";
import { originOf } from "../telemetry/ask.ts";
import { output } from "../telemetry/output.ts";
import { type Command, complain, EXIT, judge } from "./command.ts";

const json: Option<boolean> = {
  flag: "json",
  group: "Service",
  type: boolean,
  help: "print it as JSON",
  fallback: "false",
};

/** What the exit status tells. */
const VERDICTS: Readonly<Record<Status["verdict"], number>> = { healthy: EXIT.done, degraded: 1, down: 3 };
const UNREACHABLE = 4;

/** Asks the service that runs with these flags how it is, and prints that. */
export const status: Command = {
  name: "status",
  help: "ask the running service how it is; status 0 is healthy, 1 degraded, 3 down, 4 unreachable",
  options: [json],
  async run(given) {
    const asJson = boolean.parse(given.flags[json.flag] ?? "false");
    const problems = asJson.ok ? [] : [`-json: expected ${asJson.expected}`];
    const readFile = (path: string, flag: string) =>
      flag === "http-password" ? readFileSync(path, "utf8") : undefined;
    const judged = judge(
      { ...given, problems: [...given.problems, ...problems] },
      { environment: process.env, readFile, partial: true },
    );
    if (!judged) return EXIT.usage;
    const { metricsAddress, metricsPort, httpPassword: password } = judged.config;
    const where: Where = { origin: originOf(metricsAddress, metricsPort), password };
    const answer = await askStatus(where);
    if (!answer.ok) {
      complain(answer.why);
      return UNREACHABLE;
    }
    const { status } = answer;
    output.write(
      asJson.ok && asJson.value ? `${JSON.stringify(status, undefined, 2)}\n` : renderStatus(status, lookOf()),
    );
    return VERDICTS[status.verdict];
  },
};

/** How the output looks best: a terminal has colours, unless it has none or NO_COLOR asks for none, and a width. */
function lookOf(): Look {
  const { isTTY, columns } = process.stdout;
  const { NO_COLOR, TERM } = process.env;
  return { width: isTTY && columns > 0 ? columns : Infinity, colour: isTTY && !NO_COLOR && TERM !== "dumb" };
}
