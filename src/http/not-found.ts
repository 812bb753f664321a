import type { Handler } from "./handler.ts";
import { HEADERS, textResponse } from "./responses.ts";

/** Answers that there is nothing at a path, and what there is: as text, or as JSON for clients that ask for that. */
export function createNotFound(paths: readonly string[]): Handler {
  const text = `not found; try ${paths.slice(0, -1).join(", ")} or ${paths.at(-1)}`;
  const json = { error: "not found", paths };
  return ({ headers }) => {
    const wantsJson = /\bapplication\/json\b/i.test(headers.get("accept") ?? "");
    return wantsJson ? Response.json(json, { status: 404, headers: HEADERS }) : textResponse(404, text);
  };
}
