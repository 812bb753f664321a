import { hostname } from "node:os";

import { VERSION } from "../../build.ts";
import type { Config } from "../../config/model.ts";
import { choice } from "../../config/values.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, HERE } from "./command.ts";
import { EXIT } from "../program.ts";
import { parseSubject } from "./printing.ts";

const SUBJECT = choice("dashboard", "alerts", "scrape-config", "man", "config-schema");

type Document = NonNullable<ReturnType<typeof SUBJECT.parse> & { readonly ok: true }>["value"];

/** The generator of each document. The service loads none of them. */
const DOCUMENTS: Readonly<Record<Document, (config: Config, commands: readonly Command[]) => Promise<string>>> = {
  async dashboard(config) {
    const { dashboard, timeoutOf } = await import("../monitoring/documents.ts");
    return dashboard(timeoutOf(config));
  },
  async alerts(config) {
    const { alertRules, timeoutOf } = await import("../monitoring/documents.ts");
    return alertRules(timeoutOf(config));
  },
  async "scrape-config"({ service: { metricsAddress: address, metricsPort: port, httpPassword } }) {
    const { scrapeConfig } = await import("../monitoring/scrape.ts");
    return scrapeConfig({ address, port, protected: httpPassword !== undefined, machine: hostname() });
  },
  async "config-schema"() {
    const { configSchema } = await import("../../config/file/schema.ts");
    return `${JSON.stringify(configSchema(), undefined, 2)}\n`;
  },
  async man(_, commands) {
    const { manual } = await import("../manual/manual.ts");
    return manual(commands, VERSION);
  },
};

/** @param commands all of them, for the manual */
export function print(commands: () => readonly Command[]): Command {
  return {
    name: "print",
    subject: SUBJECT,
    help: "print a Grafana dashboard, alert rules or a scrape configuration for Prometheus, a JSON Schema of configuration files, or the manual page",
    async run(given) {
      // Only whether there is a password matters, so the files of secrets need not be readable.
      const readFile = (_: string, flag: string) => (flag === "http-password" ? "(not read)" : undefined);
      const surroundings = { ...HERE, readFile, partial: true } as const;
      const parsed = await parseSubject("print", SUBJECT, given, surroundings, "[flags of the service]");
      if (!parsed) return EXIT.usage;
      output.write(await DOCUMENTS[parsed.subject](parsed.config, commands()));
      return EXIT.done;
    },
  };
}
