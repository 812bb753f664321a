import { readFileSync } from "node:fs";

import type { Status } from "../../status/schema.ts";
import { askStatus, type Where } from "../status-view/client.ts";
import { prettyJson } from "../status-view/pretty-json.ts";
import { renderStatus } from "../status-view/format.ts";
import { onPipe, onTerminal, type Screen } from "../status-view/terminal.ts";
import { afterNews, NOTHING_YET, type View } from "../status-view/view.ts";
import { originOf } from "../../http/health-client.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, complain, EXIT, judge } from "./command.ts";
import { JSON_FLAG, lookOf, ownSwitch, readSwitch } from "./printing.ts";

const WATCH_FLAG = ownSwitch("watch", "go on showing it, live, until Ctrl-C");

/** What the exit status tells. */
const VERDICTS: Readonly<Record<Status["verdict"], number>> = { healthy: EXIT.done, degraded: 1, down: 3 };
const UNREACHABLE = 4;

/** Asks the service that runs with these flags how it is, and prints that. */
export const status: Command = {
  name: "status",
  help: "ask the running service how it is; status 0 is healthy, 1 degraded, 3 down, 4 unreachable",
  statuses: [
    [VERDICTS.healthy, "healthy: every gateway is up and in use, and the kernel holds what it should"],
    [VERDICTS.degraded, "degraded: a gateway is down or left out, or the kernel is not as it should be"],
    [VERDICTS.down, "down: no gateway carries traffic"],
    [UNREACHABLE, "unreachable: nothing answers, or not to you"],
  ],
  options: [JSON_FLAG, WATCH_FLAG],
  async run(given) {
    const problems = [...given.problems];
    const json = readSwitch(JSON_FLAG, given, problems);
    const live = readSwitch(WATCH_FLAG, given, problems);
    const readFile = (path: string, flag: string) =>
      flag === "http-password" ? readFileSync(path, "utf8") : undefined;
    const judged = judge({ ...given, problems }, { environment: process.env, readFile, partial: true });
    if (!judged) return EXIT.usage;
    const { metricsAddress, metricsPort, httpPassword: password } = judged.config.service;
    const where: Where = { origin: originOf(metricsAddress, metricsPort), password };
    return live ? watch(where, json) : show(where, json);
  },
};

async function show(where: Where, json: boolean): Promise<number> {
  const answer = await askStatus(where);
  if (!answer.ok) {
    complain(answer.why);
    return UNREACHABLE;
  }
  const { status } = answer;
  output.write(json ? `${prettyJson(status)}\n` : renderStatus(status, lookOf()));
  return VERDICTS[status.verdict];
}

/** Shows the service until a signal comes or nobody reads any more. Where there is none at first, that is the end. */
async function watch(where: Where, json: boolean): Promise<number> {
  const { follow } = await import("../status-view/stream.ts"); // streams, which the service need not load
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
  let view: View = NOTHING_YET;
  let screen: Screen | undefined;
  for await (const news of follow(where, stop.signal)) {
    view = afterNews(view, news);
    if (!view.status && view.lost !== undefined) {
      complain(view.lost);
      break;
    }
    screen ??= openScreen(json);
    screen.show(view, news.kind);
    if (output.abandoned) break;
  }
  screen?.close();
  return view.status && view.lost === undefined ? VERDICTS[view.status.verdict] : UNREACHABLE;
}

function openScreen(json: boolean): Screen {
  if (!json && process.stdout.isTTY) {
    return onTerminal(output, () => ({ ...lookOf(), rows: process.stdout.getWindowSize()[1] || Infinity }));
  }
  return onPipe(output, json ? "json" : lookOf(), (why) => complain(why));
}
