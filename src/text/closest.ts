import { distance } from "fastest-levenshtein";

/** More edits than this are no slip of the fingers. */
const MOST_EDITS = 3;

/** From this length on, to begin a candidate says more than to be some edits away from another one. */
const LONG_BEGINNING = 6;

/** The candidate that a mistyped word most likely meant: one that is few edits away, or that it begins. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < 2) return undefined;
  const edits = candidates.map((candidate) => distance(word, candidate));
  const least = Math.min(...edits);
  const begun = candidates.find((candidate) => candidate.startsWith(word));
  const most = begun !== undefined && word.length >= LONG_BEGINNING ? 1 : MOST_EDITS;
  return least <= most && least < word.length - 1 ? candidates[edits.indexOf(least)] : begun;
}
