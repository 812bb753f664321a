import type { Family } from "../net/address.ts";

/** How programs read a family: in the status, in logs as JSON, in hooks and as a label of metrics. */
export type FamilyWord = "ipv4" | "ipv6";

export function familyWord(family: Family): FamilyWord {
  return family === 4 ? "ipv4" : "ipv6";
}

/** How people read a family. */
export function familyName(family: Family): string {
  return `IPv${family}`;
}

/** How people read it by the word for programs. */
export function nameOfWord(word: FamilyWord): string {
  return familyName(word === "ipv4" ? 4 : 6);
}

/** How people call ip for a family. */
export function ipCommand(family: Family): string {
  return family === 4 ? "ip" : "ip -6";
}
