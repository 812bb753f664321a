import { hostname } from "node:os";

import { VERSION } from "../../build.ts";
import type { Config } from "../../config/model.ts";
import type { Surroundings } from "../../config/parse.ts";
import { choice } from "../../config/values.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, HERE, UNREAD } from "./command.ts";
import { gatewayLabel } from "../../text/gateway.ts";
import { EXIT } from "../program.ts";
import { parseSubject } from "./printing.ts";

const SUBJECT = choice("dashboard", "alerts", "scrape-config", "man", "config-schema", "gateways", "pools");

type Document = NonNullable<ReturnType<typeof SUBJECT.parse> & { readonly ok: true }>["value"];

/** For names, all gateways have to be given. */
const isOfNames = (subject: string | undefined): boolean => subject === "gateways" || subject === "pools";

/** Only whether there is a password matters, so the files of secrets need not be readable. */
const WITHOUT_SECRETS: Surroundings = {
  ...HERE,
  readFile: (_, flag) => (flag === "http-password" ? "(not read)" : undefined),
  partial: true,
};

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
  async gateways({ gateways }) {
    return namesText(gateways.map(gatewayLabel));
  },
  async pools({ pools }) {
    return namesText(pools.flatMap(({ name }) => name ?? []));
  },
  async man(_, commands) {
    const { manual } = await import("../manual/manual.ts");
    return manual(commands, VERSION);
  },
};

function namesText(names: readonly string[]): string {
  return names.map((name) => `${name}\n`).join("");
}

/** @param commands all of them, for the manual */
export function print(commands: () => readonly Command[]): Command {
  return {
    name: "print",
    subject: SUBJECT,
    help: "print a Grafana dashboard, alert rules or a scrape configuration for Prometheus, a JSON Schema of configuration files, the manual page, or the names of gateways or pools",
    async run(given) {
      const surroundings = isOfNames(given.subject) ? { ...HERE, readFile: () => UNREAD } : WITHOUT_SECRETS;
      const parsed = await parseSubject("print", SUBJECT, given, surroundings, "[flags of the service]");
      if (!parsed) return EXIT.usage;
      output.write(await DOCUMENTS[parsed.subject](parsed.config, commands()));
      return EXIT.done;
    },
  };
}
