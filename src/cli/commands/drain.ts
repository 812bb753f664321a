import { askOwnService } from "../../service/ask-service.ts";
import { OTHER_FILE, type Request } from "../../control/protocol.ts";
import { output } from "../../log/async-stdout.ts";
import type { DrainResult, ListedGateway } from "../../service/drain-answers.ts";
import { controlSocketOf } from "../../service/own-files.ts";
import { escapeControls, quote } from "../../text/escape.ts";
import { failureText } from "../../text/failure.ts";
import type { ValueType } from "../../config/values.ts";
import { drainLines, drainProblems, listText } from "../drain-text.ts";
import { EXIT, type ExitStatus, NAME } from "../program.ts";
import { type Command, complain, type Invocation, OF_SERVICE, parseOrComplain } from "./command.ts";
import { fileOf, type RequestFile } from "./file-of.ts";
import { JSON_FLAG, ownSwitch, readSwitch } from "./printing.ts";

const FORCE = ownSwitch("force", "drain also the last usable gateway of a pool");
const LIST = ownSwitch("list", "print the gateways that the command is for, one a line, and change nothing");

/** A shell that completes a word does not wait any longer. */
const LIST_LIMIT_MS = 2000;

const LAST_USABLE = 3;
const UNREACHABLE = 4;

/** The exit status by the code of a problem, where it has one of its own. */
const OWN_STATUSES: Readonly<Record<string, number>> = { "last-usable": LAST_USABLE, [OTHER_FILE]: UNREACHABLE };

const gatewayWord: ValueType<string> = {
  placeholder: "NAME|ADDRESS",
  example: "192.168.1.10",
  parse: (text) =>
    /^[^\x00-\x1f\x7f]{1,253}$/.test(text)
      ? { ok: true, value: text }
      : { ok: false, expected: "the name or the address of a gateway" },
};

const STATUSES: readonly ExitStatus[] = [
  [EXIT.done, "done, or so before; the kernel holds it"],
  [EXIT.failed, "failure; the message on standard error says whether anything was changed"],
  [
    UNREACHABLE,
    "unreachable: the service does not answer, may not be asked by this user, or has another configuration file",
  ],
];

/** Takes a gateway out of all pools of the running service. */
export const drain: Command = {
  name: "drain",
  subject: gatewayWord,
  help: "take a gateway out of use for maintenance, also over restarts; wait until the kernel has it",
  options: [FORCE, LIST, JSON_FLAG],
  statuses: [...STATUSES, [LAST_USABLE, "declined: it is the last usable gateway of a pool (see -force)"]],
  run: (given) => run("drain", given),
};

/** Brings it back. */
export const undrain: Command = {
  name: "undrain",
  subject: gatewayWord,
  help: "use a drained gateway again; wait until the kernel has it",
  options: [LIST, JSON_FLAG],
  statuses: STATUSES,
  run: (given) => run("undrain", given),
};

async function run(command: "drain" | "undrain", given: Invocation): Promise<number> {
  const problems = [...given.problems];
  const asJson = readSwitch(JSON_FLAG, given, problems);
  const asList = readSwitch(LIST, given, problems);
  const force = readSwitch(FORCE, given, problems);
  const word = gatewayWord.parse(given.subject ?? "");
  if (!word.ok && !asList) problems.push(`${command} ${quote(given.subject ?? "")}: expected ${word.expected}`);
  const usage = `usage: ${NAME} ${command} ${gatewayWord.placeholder} [flags of the service]`;
  const parsed = await parseOrComplain({ ...given, problems }, OF_SERVICE, usage);
  if (!parsed) return EXIT.usage;
  const socket = controlSocketOf(parsed.config);
  if (socket === undefined) {
    complain("-control-socket is none: no command can reach the service; start it with one");
    return UNREACHABLE;
  }
  const file = fileOf(parsed.config);
  if (asList) return listGateways(socket, file, command);
  return change(socket, { command, gateway: given.subject!, force, ...file }, asJson);
}

async function change(socket: string, request: Request, asJson: boolean): Promise<number> {
  const result = await ask(socket, request);
  if (typeof result === "number") return result;
  const done = result as DrainResult;
  const lines = asJson
    ? [JSON.stringify(done, undefined, 2)]
    : drainLines(done, request.command === "drain").map(escapeControls);
  output.write(`${lines.join("\n")}\n`);
  complain(...drainProblems(done).map(escapeControls));
  return done.pools.every(({ kernel }) => kernel.ok) ? EXIT.done : EXIT.failed;
}

/** Prints what may be drained, or is. */
async function listGateways(socket: string, file: RequestFile, command: "drain" | "undrain"): Promise<number> {
  const result = await ask(socket, { command: "gateways", ...file }, LIST_LIMIT_MS);
  if (typeof result === "number") return result;
  output.write(listText(result as readonly ListedGateway[], command));
  return EXIT.done;
}

/** The result; or the exit status, once the reason is on standard error. */
async function ask(socket: string, request: Request, limitMs?: number): Promise<unknown> {
  const reply = await askOwnService(socket, request, limitMs);
  if (!reply.reached) {
    complain(escapeControls(failureText(reply)));
    return UNREACHABLE;
  }
  if (reply.answer.ok) return reply.answer.result;
  complain(escapeControls(failureText(reply.answer)));
  return OWN_STATUSES[reply.answer.code] ?? EXIT.failed;
}
