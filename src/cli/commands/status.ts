import type { Status } from "../../status/schema.ts";
import { fetchStatus, type ServiceAddress } from "../status-view/client.ts";
import { statusOfPool, viewOfPool } from "../status-view/one-pool.ts";
import { prettyJson } from "../status-view/pretty-json.ts";
import { renderStatus } from "../status-view/format.ts";
import { type Display, pipeDisplay, terminalDisplay } from "../status-view/terminal.ts";
import { afterEvent, EMPTY_VIEW, type View } from "../status-view/view.ts";
import { originOf } from "../../http/health-client.ts";
import { whyDistrusted } from "../../service/port-owner.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, complain, OF_SERVICE, parseOrComplain } from "./command.ts";
import { EXIT } from "../program.ts";
import { noSuchPool, POOL_FLAG } from "./pool-option.ts";
import { JSON_FLAG, lookOf, ownSwitch, readSwitch } from "./printing.ts";

const WATCH_FLAG = ownSwitch("watch", "keep showing the current state until Ctrl-C");

/** The exit status by the verdict. */
const VERDICTS: Readonly<Record<Status["verdict"], number>> = { healthy: EXIT.done, degraded: 1, down: 3 };
const UNREACHABLE = 4;

/** Shows the state of the service that runs with these flags. */
export const status: Command = {
  name: "status",
  help: "show the state of the running service (exit status 0: healthy)",
  statuses: [
    [VERDICTS.healthy, "healthy: every gateway is up and in use, and the kernel holds what it should"],
    [VERDICTS.degraded, "degraded: traffic flows, and something is not as configured"],
    [VERDICTS.down, "down: no gateway carries traffic"],
    [UNREACHABLE, "unreachable: the service does not answer, or denies access"],
  ],
  options: [POOL_FLAG, JSON_FLAG, WATCH_FLAG],
  async run(given) {
    const problems = [...given.problems];
    const json = readSwitch(JSON_FLAG, given, problems);
    const live = readSwitch(WATCH_FLAG, given, problems);
    const parsed = await parseOrComplain({ ...given, problems }, OF_SERVICE);
    if (!parsed) return EXIT.usage;
    const { service } = parsed.config;
    const { metricsAddress, metricsPort, httpPassword: password } = service;
    const distrust = () => whyDistrusted(service, password !== undefined);
    const address: ServiceAddress = { origin: originOf(metricsAddress, metricsPort), password, distrust };
    const only = given.flags[POOL_FLAG.flag];
    return live ? watch(address, json, only) : show(address, json, only);
  },
};

/** @param only the pool to show; undefined for all */
async function show(address: ServiceAddress, json: boolean, only: string | undefined): Promise<number> {
  const result = await fetchStatus(address);
  if (!result.ok) {
    complain(result.error);
    return UNREACHABLE;
  }
  const status = only === undefined ? result.status : statusOfPool(result.status, only);
  if (status === undefined) return complainOfPool(only!, result.status);
  output.write(json ? `${prettyJson(status)}\n` : renderStatus(status, lookOf()));
  return VERDICTS[status.verdict];
}

/** Shows the state until a signal arrives or the reader of standard output is gone; ends at once where nothing answers at first. */
async function watch(address: ServiceAddress, json: boolean, only: string | undefined): Promise<number> {
  const { streamStatus } = await import("../status-view/stream.ts"); // streams, which the service need not load
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
  let whole: View = EMPTY_VIEW;
  let view: View = EMPTY_VIEW;
  let display: Display | undefined;
  for await (const event of streamStatus(address, stop.signal)) {
    whole = afterEvent(whole, event);
    view = only === undefined ? whole : viewOfPool(whole, only);
    if (whole.status && !view.status) {
      display?.close();
      return complainOfPool(only!, whole.status);
    }
    if (!view.status && view.lost !== undefined) {
      complain(view.lost);
      break;
    }
    display ??= openDisplay(json);
    display.show(view, event.kind);
    if (output.abandoned) break;
  }
  display?.close();
  return view.status && view.lost === undefined ? VERDICTS[view.status.verdict] : UNREACHABLE;
}

/** There is no such pool, or none any more. */
function complainOfPool(only: string, { pools = [] }: Status): number {
  complain(
    noSuchPool(
      only,
      pools.map(({ name }) => name),
    ),
  );
  return EXIT.usage;
}

function openDisplay(json: boolean): Display {
  if (!json && process.stdout.isTTY) {
    return terminalDisplay(output, () => ({ ...lookOf(), rows: process.stdout.getWindowSize()[1] || Infinity }));
  }
  return pipeDisplay(output, json ? "json" : lookOf(), (why) => complain(why));
}
