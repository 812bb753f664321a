import type { ValueType } from "../../config/values.ts";
import { type Command, complain } from "./command.ts";
import { EXIT } from "../program.ts";
import { lookOf } from "./printing.ts";

/** The words are known only once the guide is loaded. */
const WORD: ValueType<string> = { placeholder: "[WORD]", parse: (text) => ({ ok: true, value: text }) };

/**
 * Shows the documentation that is compiled in.
 *
 * @param commands all of them, with this one
 */
export function help(commands: () => readonly Command[]): Command {
  return {
    name: "help",
    subject: WORD,
    takesFlag: true,
    help: "show the documentation: without a word the list of topics, otherwise a topic, a command or a flag",
    async run({ subject, problems }) {
      const { helpFor } = await import("../help/help.ts"); // with the guide, which the service never loads
      const found = helpFor(subject, commands(), lookOf());
      const wrong = [...problems, ...(found.ok ? [] : [found.problem])];
      if (!found.ok || wrong.length > 0) {
        complain(...wrong);
        return EXIT.usage;
      }
      const { showText } = await import("../help/pager.ts");
      await showText(found.text);
      return EXIT.done;
    },
  };
}
