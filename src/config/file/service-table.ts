import { parseToml, type Syntax } from "./syntax.ts";

/** So many lines with a fault are left out at most. */
const MOST_FAULTS = 50;

/**
 * A file, or where it is not valid TOML, what can be read of its [service]: a service that runs with it keeps its settings
 * while people edit the file, and commands have to find that service.
 */
export function parseService(text: string): Syntax {
  const whole = parseToml(text);
  if (whole.ok) return whole;
  let lines = serviceLines(text);
  for (let faults = 0; faults < MOST_FAULTS; faults++) {
    const rest = lines.join("\n");
    const parsed = parseToml(rest);
    if (parsed.ok) return parsed;
    lines = withoutLineAt(lines, rest.slice(0, parsed.at.start).split("\n").length - 1);
  }
  return whole;
}

/** The lines before the first header, and those of [service]. */
function serviceLines(text: string): string[] {
  let isOfService = true;
  return text.split(/\r?\n/).flatMap((line) => {
    if (!/^\s*\[/.test(line)) return isOfService ? line : [];
    isOfService = /^\s*\[\s*["']?service\b/.test(line);
    return isOfService ? "[service]" : [];
  });
}

/** Without the line that has a fault; of several lines, the last one of these that is not empty. */
function withoutLineAt(lines: readonly string[], index: number): string[] {
  const last = lines.slice(0, index + 1).findLastIndex((line) => line.trim() !== "");
  return lines.filter((_, at) => at !== last);
}
