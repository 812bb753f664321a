import { distance } from "fastest-levenshtein";

/** More edits than this are no slip of the fingers. */
const MOST_EDITS = 3;

/** The candidate that a mistyped word most likely meant: one that is few edits away, or that it begins. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < 2) return undefined;
  const edits = candidates.map((candidate) => distance(word, candidate));
  const least = Math.min(...edits);
  if (least <= MOST_EDITS && least < word.length - 1) return candidates[edits.indexOf(least)];
  return candidates.find((candidate) => candidate.startsWith(word));
}
