/** How a text for people is laid out. */
export interface Look {
  /** Characters of a line; Infinity where nothing limits them. */
  readonly width: number;
  readonly colour: boolean;
}

/** Colours by what they mean. */
export type Tone = "good" | "doubtful" | "bad" | "quiet";

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface Column {
  readonly title: string;
  readonly cells: readonly Cell[];
  readonly right?: true;
  /** Columns with the highest rank go first where there is no room; those without one always stay. */
  readonly rank?: number;
  /** Takes the room that is left, and is cut when that is too little. */
  readonly flexible?: true;
}

/** Writes a text in a colour, or leaves it as it is. */
export type Paint = (tone: Tone | undefined, text: string) => string;

const CODES: Readonly<Record<Tone, number>> = { good: 32, doubtful: 33, bad: 31, quiet: 2 };

/** Paints with the colours of a terminal. */
export const inColour: Paint = (tone, text) =>
  tone === undefined || text === "" ? text : `\x1b[${CODES[tone]}m${text}\x1b[0m`;

export const plain: Paint = (_, text) => text;

const GAP = 2;

/** A flexible column is of use from so many characters on. */
const LEAST_FLEXIBLE = 12;

/**
 * Lines of a table that fits into so many characters, if it can be made to: first columns are left out, then the flexible
 * ones are cut. Columns that are empty all the way down are left out in any case.
 */
export function layOut(columns: readonly Column[], width: number, paint: Paint): string[] {
  let shown = columns.filter(({ cells }) => cells.some(({ text }) => text !== ""));
  const needed = (): number =>
    shown.reduce(
      (sum, column) => sum + (column.flexible ? Math.min(widthOf(column), LEAST_FLEXIBLE) : widthOf(column)),
      0,
    ) +
    GAP * (shown.length - 1);
  while (needed() > width) {
    const last = Math.max(...shown.map(({ rank = 0 }) => rank));
    if (last === 0) break;
    shown = shown.filter(({ rank = 0 }) => rank !== last);
  }
  const spare = width - needed();
  const widths = shown.map((column) =>
    column.flexible ? Math.min(widthOf(column), LEAST_FLEXIBLE + Math.max(0, spare)) : widthOf(column),
  );
  const line = (cells: readonly Cell[]): string =>
    cells
      .map(({ text, tone }, index) => {
        const cut = shorten(text, widths[index]!);
        const padding = " ".repeat(widths[index]! - cut.length);
        return shown[index]!.right ? padding + paint(tone, cut) : paint(tone, cut) + padding;
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  const rows = shown[0]?.cells.map((_, row) => line(shown.map(({ cells }) => cells[row]!))) ?? [];
  return [line(shown.map(({ title }) => ({ text: title, tone: "quiet" }))), ...rows];
}

function widthOf({ title, cells }: Column): number {
  return Math.max(title.length, ...cells.map(({ text }) => text.length));
}

/** The beginning of a text that is too long, marked as such. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Lines of so many characters, with the items of a list separated by commas. Later lines are indented. */
export function wrap(head: string, items: readonly string[], width: number, indent: string): string[] {
  const lines = [head];
  items.forEach((item, index) => {
    const word = index === items.length - 1 ? item : `${item},`;
    const longer = lines.at(-1) === "" ? word : `${lines.at(-1)} ${word}`;
    if (longer.length <= width || index === 0) lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  });
  return lines.map((line) => shorten(line, width));
}
