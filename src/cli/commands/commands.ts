import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { config } from "./config.ts";
import { completion } from "./completion.ts";
import { drain, undrain } from "./drain.ts";
import { explain } from "./explain.ts";
import { help } from "./help.ts";
import { healthCheck } from "./health-check.ts";
import { plan } from "./plan.ts";
import { print } from "./print.ts";
import { reload } from "./reload.ts";
import { serve } from "./serve.ts";
import { serviceFile } from "./service-file.ts";
import { status } from "./status.ts";
import { version } from "./version.ts";

/** All commands, in the order of `-help`; without one, `serve` runs. */
export const COMMANDS: readonly Command[] = [
  help(() => COMMANDS),
  serve,
  status,
  check,
  plan,
  explain,
  drain,
  undrain,
  reload,
  config,
  serviceFile,
  healthCheck,
  print(() => COMMANDS),
  completion(() => COMMANDS),
  version,
];
