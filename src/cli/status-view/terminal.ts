import { throttle } from "../../time/throttle.ts";
import type { Output } from "../../log/async-stdout.ts";
import type { Look } from "../../text/table.ts";
import { renderStatus, renderView } from "./format.ts";
import type { News, View } from "./view.ts";

/** Where a service is shown while it is being watched. */
export interface Screen {
  show(view: View, newest: News["kind"]): void;
  close(): void;
}

/** A terminal as it is now. */
export interface Terminal extends Look {
  readonly rows: number;
}

/** Many pieces of news at once make one picture. */
const DRAW_INTERVAL_MS = 100;

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR = "\x1b[2J";
const HOME = "\x1b[H";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** Draws over what was drawn before, without a flicker. */
export function onTerminal(output: Output, terminal: () => Terminal): Screen {
  let latest: View | undefined;
  const draw = (): void => {
    const { rows, ...look } = terminal();
    const lines = latest ? renderView(latest, look, rows - 1) : [];
    output.write(HOME + lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join("") + CLEAR_BELOW);
  };
  const paced = throttle(draw, DRAW_INTERVAL_MS);
  output.write(HIDE_CURSOR + CLEAR);
  return {
    show(view) {
      latest = view;
      paced.call();
    },
    close() {
      paced.stop();
      draw();
      output.write(SHOW_CURSOR);
    },
  };
}

/** Prints each status below the one before: as tables, or as one line of JSON. What is lost is told beside that. */
export function onPipe(output: Output, form: Look | "json", complain: (why: string) => void): Screen {
  return {
    show({ status, lost }, newest) {
      if (newest === "lost") complain(lost!);
      if (newest !== "status" || !status) return;
      output.write(form === "json" ? `${JSON.stringify(status)}\n` : `${renderStatus(status, form)}\n`);
    },
    close() {},
  };
}
