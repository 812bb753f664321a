/**
 * How severe it is.
 *
 * - `error`: the service cannot do what its flags say
 * - `warning`: it can, but with a loss that is named
 */
export type Level = "ok" | "warning" | "error";

/** The result of one check. */
export interface Finding {
  readonly level: Level;
  /** What was checked, in a word or two. */
  readonly topic: string;
  readonly message: string;
  /** What to do about it; none where the level is `ok`. */
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

/** The most severe of all levels. */
export function verdict(findings: readonly Finding[]): Level {
  if (findings.some(({ level }) => level === "error")) return "error";
  return findings.some(({ level }) => level === "warning") ? "warning" : "ok";
}
