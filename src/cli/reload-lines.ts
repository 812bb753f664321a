import { differenceLines, fixedText } from "../log/reload-text.ts";
import type { ReloadAnswer } from "../service/reload-answer.ts";
import { list } from "../text/list.ts";

type Taken = Extract<ReloadAnswer, { readonly taken: true }>;

/** Pools that one line names at most. */
const MAX_POOLS = 8;

/** What a reload has changed, for people. */
export function reloadLines({ difference }: Taken): string[] {
  const lines = differenceLines(difference);
  return lines.length === 0 ? ["nothing has changed"] : ["reloaded", ...lines.map((line) => `  ${line}`)];
}

/** What is to be said of a file that was taken: what stays as before, and what makes little sense. */
export function reloadNotes({ difference, warnings }: Taken): string[] {
  const fixed = fixedText(difference);
  return [...(fixed === undefined ? [] : [fixed]), ...warnings];
}

/** What is not as it should be afterwards. */
export function openLines({ open, remaining }: Taken): string[] {
  return [
    ...open.map(({ pool, kernel }) => `${pool === null ? "" : `pool ${pool}: `}not in the kernel yet: ${kernel.why}`),
    ...(remaining.length === 0
      ? []
      : [
          `still to be removed from the kernel: ${list(
            remaining.map((name) => (name === null ? "the pool without a name" : `pool ${name}`)),
            MAX_POOLS,
          )}`,
        ]),
  ];
}
