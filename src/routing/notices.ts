import type { EmitRouting } from "./events.ts";
import { createNews } from "./news.ts";
import type { Observed, SkippedLink } from "./types.ts";

/** Reports what a reading of the kernel shows besides our own entries, each thing once while it lasts. */
export function createNotices(emit: EmitRouting): (observed: Observed) => void {
  const skippedNews = createNews<SkippedLink>();
  return ({ skipped }) => {
    for (const link of skippedNews(skipped.map((one) => [JSON.stringify(one), one]))) {
      emit({ type: "link-skipped", link });
    }
  };
}
