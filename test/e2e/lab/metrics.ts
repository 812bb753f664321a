/** A parser of Prometheus' text format, as far as the tests need it. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Metrics {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];

  constructor(text: string) {
    const lines = text.split("\n");
    this.types = new Map(
      lines.flatMap((line) => [...line.matchAll(/^# TYPE (\S+) (\S+)$/g)].map(([, n, t]) => [n!, t!])),
    );
    this.samples = lines.filter((line) => line !== "" && !line.startsWith("#")).map(parseSample);
  }

  /** The sum of the samples with this name and these labels; 0 where there are none. */
  value(name: string, labels: Record<string, string> = {}): number {
    return this.all(name, labels).reduce((sum, sample) => sum + sample.value, 0);
  }

  /** The samples with this name and these labels. */
  all(name: string, labels: Record<string, string> = {}): Sample[] {
    const wanted = Object.entries(labels);
    return this.samples.filter((it) => it.name === name && wanted.every(([key, value]) => it.labels[key] === value));
  }
}

function parseSample(line: string): Sample {
  const [, name, labels = "", value] = /^([\w:]+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
  if (!name) throw new Error(`not a sample: ${line}`);
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]);
  return { name, labels: Object.fromEntries(pairs), value: Number(value) };
}
