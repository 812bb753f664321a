/**
 * How bad it is.
 *
 * - `error`: the service cannot do what it was told to do
 * - `warning`: it can, but not as well as it might
 */
export type Level = "ok" | "warning" | "error";

/** One thing that was looked at, and what came of it. */
export interface Finding {
  readonly level: Level;
  /** What was looked at, in a word or two. */
  readonly topic: string;
  readonly message: string;
  /** What to do about it; none where all is well. */
  readonly remedy?: string;
}

export const fine = (topic: string, message: string): Finding => ({ level: "ok", topic, message });

export const warning = (topic: string, message: string, remedy: string): Finding => ({
  level: "warning",
  topic,
  message,
  remedy,
});

export const failure = (topic: string, message: string, remedy: string): Finding => ({
  level: "error",
  topic,
  message,
  remedy,
});

/** The worst of all levels. */
export function verdict(findings: readonly Finding[]): Level {
  if (findings.some(({ level }) => level === "error")) return "error";
  return findings.some(({ level }) => level === "warning") ? "warning" : "ok";
}
