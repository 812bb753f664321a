import type { Option } from "../config/options.ts";
import { quote } from "../config/quote.ts";
import { boolean } from "../config/values.ts";
import type { Look } from "../status/render.ts";
import type { Invocation } from "./command.ts";

/** A switch of a command's own, off unless it is given. */
export function ownSwitch(flag: string, help: string): Option<boolean> {
  return { flag, group: "Service", type: boolean, help, fallback: "false" };
}

/** The switch of commands that can print for programs as well. */
export const JSON_FLAG = ownSwitch("json", "print it as JSON");

/** Whether a switch is on. Adds to the problems when nobody can tell. */
export function readSwitch({ flag, fallback }: Option<boolean>, { flags }: Invocation, problems: string[]): boolean {
  const text = flags[flag] ?? fallback!;
  const parsed = boolean.parse(text);
  if (!parsed.ok) problems.push(`-${flag} ${quote(text)}: expected ${parsed.expected}`);
  return parsed.ok && parsed.value;
}

/** How the output looks best: a terminal has colours, unless it has none or NO_COLOR asks for none, and a width. */
export function lookOf(): Look {
  const { NO_COLOR, TERM } = process.env;
  const { stdout } = process;
  if (!stdout.isTTY) return { width: Infinity, colour: false };
  return { width: stdout.getWindowSize()[0] || Infinity, colour: !NO_COLOR && TERM !== "dumb" };
}
