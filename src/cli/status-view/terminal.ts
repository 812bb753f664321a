import { throttle } from "../../time/throttle.ts";
import type { Output } from "../../log/async-stdout.ts";
import type { Look } from "../../text/table.ts";
import { renderStatus, renderView } from "./format.ts";
import type { StatusEvent, View } from "./view.ts";

/** The output of a live view. */
export interface Display {
  /** @param newest the kind of the event that changed the view */
  show(view: View, newest: StatusEvent["kind"]): void;
  close(): void;
}

/** The current size and look of a terminal. */
interface Terminal extends Look {
  readonly rows: number;
}

/** Events that arrive within this time are drawn together. */
const DRAW_INTERVAL_MS = 100;

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR = "\x1b[2J";
const HOME = "\x1b[H";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** Draws each view over the one before, without flicker. */
export function terminalDisplay(output: Output, terminal: () => Terminal): Display {
  let latest: View | undefined;
  const draw = (): void => {
    const { rows, ...look } = terminal();
    const lines = latest ? renderView(latest, look, rows - 1) : [];
    output.write(HOME + lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join("") + CLEAR_BELOW);
  };
  const throttled = throttle(draw, DRAW_INTERVAL_MS);
  output.write(HIDE_CURSOR + CLEAR);
  return {
    show(view) {
      latest = view;
      throttled.call();
    },
    close() {
      throttled.stop();
      draw();
      output.write(SHOW_CURSOR);
    },
  };
}

/** Prints each status after the one before, as tables or as one line of JSON; a lost connection is a complaint. */
export function pipeDisplay(output: Output, form: Look | "json", complain: (why: string) => void): Display {
  return {
    show({ status, lost }, newest) {
      if (newest === "lost" || newest === "stopped") complain(lost!);
      if (newest !== "status" || !status) return;
      output.write(form === "json" ? `${JSON.stringify(status)}\n` : `${renderStatus(status, form)}\n`);
    },
    close() {},
  };
}
