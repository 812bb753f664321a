import { askOwnService } from "../../service/ask-service.ts";
import { OTHER_FILE } from "../../control/protocol.ts";
import { output } from "../../log/async-stdout.ts";
import { controlSocketOf } from "../../service/own-files.ts";
import type { ReloadAnswer } from "../../service/reload-answer.ts";
import { escapeControls } from "../../text/escape.ts";
import { failureText } from "../../text/failure.ts";
import { EXIT, NAME } from "../program.ts";
import { openLines, reloadLines, reloadNotes } from "../reload-lines.ts";
import { type Command, complain, type Invocation, OF_SERVICE, parseOrComplain } from "./command.ts";
import { fileOf } from "./file-of.ts";
import { JSON_FLAG, readSwitch } from "./printing.ts";

const REJECTED = 3;
const UNREACHABLE = 4;

/** Has the running service read its configuration file again. */
export const reload: Command = {
  name: "reload",
  help: "have the running service read its configuration file again; print what changed, or all problems",
  options: [JSON_FLAG],
  statuses: [
    [EXIT.done, "done, or nothing was to change; the kernel holds it"],
    [EXIT.failed, "the file is in force, but the kernel does not hold everything yet; or the service failed"],
    [REJECTED, "rejected: the file has problems, or cannot be put in force; nothing was changed"],
    [
      UNREACHABLE,
      "unreachable: the service does not answer, may not be asked by this user, or has another configuration file",
    ],
  ],
  run,
};

async function run(given: Invocation): Promise<number> {
  const problems = [...given.problems];
  const asJson = readSwitch(JSON_FLAG, given, problems);
  const parsed = await parseOrComplain(
    { ...given, problems },
    OF_SERVICE,
    `usage: ${NAME} reload [flags of the service]`,
  );
  if (!parsed) return EXIT.usage;
  const socket = controlSocketOf(parsed.config);
  if (socket === undefined) {
    complain("-control-socket is none: no command can reach the service; send it SIGHUP, or start it with a socket");
    return UNREACHABLE;
  }
  const reply = await askOwnService(socket, { command: "reload", ...fileOf(parsed.config) });
  if (!reply.reached) return fail(reply, UNREACHABLE);
  if (!reply.answer.ok) return fail(reply.answer, reply.answer.code === OTHER_FILE ? UNREACHABLE : EXIT.failed);
  return show(reply.answer.result as ReloadAnswer, asJson);
}

function fail(problem: Parameters<typeof failureText>[0], status: number): number {
  complain(escapeControls(failureText(problem)));
  return status;
}

function show(answer: ReloadAnswer, asJson: boolean): number {
  if (asJson) print([JSON.stringify(answer, undefined, 2)]);
  if (!answer.taken) {
    if (!asJson) complainOf(answer.problems);
    complain("nothing was changed: the configuration from before stays in force");
    return REJECTED;
  }
  if (!asJson) print(reloadLines(answer).map(escapeControls));
  if (!asJson) complain(...reloadNotes(answer).map(escapeControls));
  const open = openLines(answer);
  complain(...open.map(escapeControls));
  return open.length === 0 ? EXIT.done : EXIT.failed;
}

/** Problems show the line of the file as well. */
function complainOf(problems: readonly string[]): void {
  complain(...problems.map((one) => one.split("\n").map(escapeControls).join("\n")));
}

function print(lines: readonly string[]): void {
  output.write(`${lines.join("\n")}\n`);
}
