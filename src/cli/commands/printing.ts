import type { Option } from "../../config/options.ts";
import type { Surroundings } from "../../config/parse.ts";
import { quote } from "../../text/escape.ts";
import { boolean, type ValueType } from "../../config/values.ts";
import type { Look } from "../../text/table.ts";
import { besideService } from "./beside-service.ts";
import { type Invocation, parseOrComplain } from "./command.ts";
import { NAME } from "../program.ts";

/** A switch of a command's own, off unless it is given. */
export function ownSwitch(flag: string, help: string): Option<boolean> {
  return { flag, group: "Service", type: boolean, help, fallback: "false" };
}

/** A flag of a command's own that may be left out. */
export function ownOption<T>(flag: string, type: ValueType<T>, help: string): OwnOption<T> {
  return { flag, group: "Service", type, help };
}

type OwnOption<T> = Omit<Option<T>, "type"> & { readonly type: ValueType<T> };

/** The value of a command's own flag; undefined when it is missing, or wrong, which adds to the problems. */
export function readOwn<T>({ flag, type }: OwnOption<T>, { flags }: Invocation, problems: string[]): T | undefined {
  const text = flags[flag];
  if (text === undefined) return undefined;
  const parsed = type.parse(text);
  if (parsed.ok) return parsed.value;
  problems.push(`-${flag} ${quote(text)}: expected ${parsed.expected}`);
  return undefined;
}

/** The word after a command's name; undefined when it is missing or wrong, which adds to the problems. */
function readSubject<T>(
  command: string,
  type: ValueType<T>,
  { subject = "" }: Invocation,
  problems: string[],
): T | undefined {
  const parsed = type.parse(subject);
  if (parsed.ok) return parsed.value;
  problems.push(`${command} ${quote(subject)}: expected ${parsed.expected}`);
  return undefined;
}

/** The switch of commands whose output can also be read by programs. */
export const JSON_FLAG = ownSwitch("json", "print JSON");

/** Whether a switch is on; a value that is no boolean adds to the problems. */
export function readSwitch({ flag }: Option<boolean>, given: Invocation, problems: string[]): boolean {
  return readOwn(ownOption(flag, boolean, ""), given, problems) ?? false;
}

/**
 * The value of the word after a command's name, and the configuration; undefined when the command line is wrong, with
 * every problem on standard error.
 *
 * @param flags what follows the word, for the usage
 */
export async function parseSubject<T>(
  command: string,
  type: ValueType<T>,
  given: Invocation,
  surroundings: Surroundings,
  flags = "",
) {
  const problems: string[] = [];
  const subject = readSubject(command, type, given, problems);
  problems.push(...given.problems);
  const usage = `usage: ${NAME} ${command} ${type.placeholder}${flags && ` ${flags}`}`;
  const parsed = await parseOrComplain({ ...given, problems }, surroundings, usage);
  return subject === undefined || !parsed ? undefined : { ...parsed, subject };
}

/** The configuration of a command that needs all flags of the service, and how to print; undefined as above. */
export async function parseReport(command: string, given: Invocation) {
  const problems = [...given.problems];
  const asJson = readSwitch(JSON_FLAG, given, problems);
  const { surroundings, running } = await besideService(given);
  const parsed = await parseOrComplain(
    { ...given, problems },
    surroundings,
    `usage: ${NAME} ${command} [flags of the service]`,
  );
  return parsed && { ...parsed, running, asJson };
}

/** Layout of the output: a terminal has a width, and colours unless TERM is dumb or NO_COLOR is set. */
export function lookOf(): Look {
  const { NO_COLOR, TERM } = process.env;
  const { stdout } = process;
  if (!stdout.isTTY) return { width: Infinity, colour: false };
  return { width: stdout.getWindowSize()[0] || Infinity, colour: !NO_COLOR && TERM !== "dumb" };
}
