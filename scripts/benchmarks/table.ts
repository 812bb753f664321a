/** A column of a table. Its numbers are shown rounded to this many decimals (default: none) and followed by the unit. */
export interface Column {
  readonly name: string;
  readonly digits?: number;
  readonly unit?: string;
  /** Less is better in this column, and `--against` compares it. */
  readonly cost?: "time" | "memory";
}

/** The results of a measurement, with all digits. */
export interface Table {
  /** A description of the table, without a final period or colon. */
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** Violated limits; the benchmark fails where there are any. */
  readonly complaints?: readonly string[];
}

/** The table in Markdown, under its title. */
export function markdown({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const head = [line(columns.map(({ name }) => name)), line(columns.map(() => "---"))];
  const body = rows.map((row) => line(row.map((value, index) => shown(value, columns[index]!))));
  return [`${title}:`, "", ...head, ...body].join("\n");
}

/** The table's rows as objects, for JSON: the names of the columns are the keys. */
export function records({ columns, rows }: Table): Record<string, string | number>[] {
  return rows.map((row) => Object.fromEntries(row.map((value, index) => [columns[index]!.name, value])));
}

/** The columns that are costs, for JSON. */
export function costsOf({ columns }: Table): Record<string, NonNullable<Column["cost"]>> {
  return Object.fromEntries(columns.flatMap(({ name, cost }) => (cost === undefined ? [] : [[name, cost]])));
}

function shown(value: string | number, { digits = 0, unit }: Column): string {
  if (typeof value === "string") return value;
  const text = grouped(value.toFixed(digits));
  return unit ? `${text} ${unit}` : text;
}

/** With separators of thousands, as in 1,000,000. */
function grouped(number: string): string {
  return number.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
}
