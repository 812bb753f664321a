import type { Config } from "../config/model.ts";
import { askOwnExit } from "../exit/own-exit.ts";
import type { Kernel } from "../routing/kernel.ts";
import { exitQuestions } from "../service/exit-check.ts";
import type { AskedExits } from "./exits.ts";

/** Asks once with which address packets through each of these gateways come out, and those of this router itself. */
export async function askExits(
  config: Config,
  kernel: Kernel,
  gateways: readonly string[],
): Promise<AskedExits | undefined> {
  const questions = exitQuestions(config, kernel);
  if (questions === undefined) return undefined;
  const { ask, paths } = questions;
  const { signal } = new AbortController();
  const [own, exits] = await Promise.all([
    askOwnExit(questions, signal),
    Promise.all(gateways.map(async (gateway) => [gateway, await ask(paths.get(gateway)!, signal)] as const)),
  ]);
  return { own, exits: new Map(exits) };
}
