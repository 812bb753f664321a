/** A real Prometheus in a lab, with the configuration that the executable prints. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Flags, flagArguments } from "../e2e/lab/executable.ts";
import { get } from "../e2e/lab/http.ts";
import { EXECUTABLE, IP, type Lab } from "../e2e/lab/index.ts";
import { type Dashboard, panelsOf } from "../unit/cli/monitoring/printed.ts";

const PORT = 9292;

/** Where the executable serves metrics, and its instance label. */
export const ENDPOINT = { "metrics-address": "127.0.0.1", "metrics-port": "9191" };
export const INSTANCE = "127.0.0.1:9191";

/** The output of `print SUBJECT` with these flags. */
export function print(subject: string, flags: Flags, env: Record<string, string> = {}): string {
  const command = [EXECUTABLE, "print", subject, ...flagArguments(flags)];
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { env: { PATH: process.env["PATH"]!, ...env } });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}

/** Every query of the dashboard, with the title of its panel. */
export function queriesOf(board: Dashboard): readonly (readonly [title: string, expr: string])[] {
  return panelsOf(board).flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const));
}

/**
 * A query with Grafana's variables filled in. The ranges reach back to the start of the test.
 *
 * @param chosen values of variables, each of which is otherwise as if nothing was chosen
 */
export function filledIn(expr: string, chosen: Readonly<Record<string, string>> = {}): string {
  const all: Readonly<Record<string, string>> = {
    instance: INSTANCE,
    gateway: ".+",
    pool: ".*",
    __rate_interval: "5m",
    __range: "1h",
  };
  const values = { ...all, ...chosen };
  return expr.replaceAll(/\$([a-z_]\w*)/g, (_, name: string) => values[name]!);
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

interface Alert {
  readonly annotations: Readonly<Record<string, string>>;
}

export class Prometheus {
  readonly #lab: Lab;
  readonly #child: Bun.Subprocess;

  /** Starts Prometheus on the router, and waits until it is ready. */
  static async start(lab: Lab, folder: string): Promise<Prometheus> {
    const command = [
      "prometheus",
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${PORT}`,
      "--log.level=error",
    ];
    const inRouter = [IP, "netns", "exec", lab.router.name, ...command];
    const child = Bun.spawn(inRouter, { stdout: "inherit", stderr: "inherit" });
    const prometheus = new Prometheus(lab, child);
    await lab.until(
      "Prometheus to be ready",
      async () => (await prometheus.#get("/-/ready")).status,
      (status) => status === 200,
    );
    return prometheus;
  }

  private constructor(lab: Lab, child: Bun.Subprocess) {
    this.#lab = lab;
    this.#child = child;
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
  }

  /** The result of a query now, or at another time in seconds since 1970. */
  async query(expr: string, time?: number): Promise<readonly Series[]> {
    const at = time === undefined ? "" : `&time=${time}`;
    const answer = await this.#api<{ result: readonly Series[] }>(`query?query=${encodeURIComponent(expr)}${at}`);
    return answer.result;
  }

  /** Waits until a query has a number in its result; NaN, such as the quantile of no samples, is none. */
  async untilData(expr: string, timeoutMs?: number): Promise<readonly Series[]> {
    const isNumber = ({ value }: Series): boolean => value[1] !== "NaN";
    return this.#lab.until(
      `data for ${expr}`,
      () => this.query(expr),
      (series) => series.some(isNumber),
      timeoutMs,
    );
  }

  /** The values of a label of some series, as for a variable of Grafana. */
  async labelValues(label: string, series: string): Promise<readonly string[]> {
    return this.#api(`label/${label}/values?match[]=${encodeURIComponent(series)}`);
  }

  /** The alerts that are pending or firing. */
  async alerts(): Promise<readonly Alert[]> {
    return (await this.#api<{ alerts: readonly Alert[] }>("alerts")).alerts;
  }

  async rules(): Promise<readonly Rule[]> {
    const { groups } = await this.#api<{ groups: readonly { readonly rules: readonly Rule[] }[] }>("rules");
    return groups.flatMap(({ rules }) => rules);
  }

  async #api<T>(path: string): Promise<T> {
    const { body } = await this.#get(`/api/v1/${path}`);
    const { status, data, error } = JSON.parse(body) as { status: string; data: T; error?: string };
    if (status !== "success") throw new Error(`${decodeURIComponent(path)}: ${error}`);
    return data;
  }

  #get(path: string) {
    return get(this.#lab.router, "127.0.0.1", PORT, path);
  }
}

/** Writes Prometheus' configuration with the parts that the executable prints. */
export function configure(folder: string, printed: { scrapeConfig: string; alerts: string; password?: string }): void {
  const quick = "global:\n  scrape_interval: 250ms\n  scrape_timeout: 250ms\n  evaluation_interval: 500ms\n";
  const files: Record<string, string> = {
    "prometheus.yml": `${quick}rule_files: [alerts.yml]\n${printed.scrapeConfig}`,
    "alerts.yml": printed.alerts,
    "gateway-route-manager.password": printed.password ?? "",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}
