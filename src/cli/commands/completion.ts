import { choice } from "../../config/values.ts";
import type { Vocabulary } from "../completion/vocabulary.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, NOWHERE } from "./command.ts";
import { EXIT } from "../program.ts";
import { parseSubject } from "./printing.ts";

const SHELL = choice("bash", "zsh", "fish");

type Shell = NonNullable<ReturnType<typeof SHELL.parse> & { readonly ok: true }>["value"];

/** The generator of the script for each shell. The service loads none of them. */
const SCRIPTS: Readonly<Record<Shell, () => Promise<(vocabulary: Vocabulary) => string>>> = {
  bash: async () => (await import("../completion/bash.ts")).bashCompletion,
  zsh: async () => (await import("../completion/zsh.ts")).zshCompletion,
  fish: async () => (await import("../completion/fish.ts")).fishCompletion,
};

/** @param commands all of them, with this one */
export function completion(commands: () => readonly Command[]): Command {
  return {
    name: "completion",
    subject: SHELL,
    help: "print the script by which a shell completes commands, flags and values",
    async run(given) {
      const parsed = await parseSubject("completion", SHELL, given, NOWHERE);
      if (!parsed) return EXIT.usage;
      const [script, { vocabularyOf }] = await Promise.all([
        SCRIPTS[parsed.subject](),
        import("../completion/vocabulary.ts"),
      ]);
      output.write(script(vocabularyOf(commands())));
      return EXIT.done;
    },
  };
}
