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

const SUBJECT = choice(
  ...(["dashboard", "alerts", "scrape-config", "man", "config-schema", "gateways", "pools", "bird", "frr"] as const),
);

type Document = NonNullable<ReturnType<typeof SUBJECT.parse> & { readonly ok: true }>["value"];

/** What is about the gateways and pools, so that all of them have to be given. */
const OF_POOLS = ["gateways", "pools", "bird", "frr"] as const satisfies readonly Document[];
const isOfPools = (subject = ""): boolean => (OF_POOLS as readonly string[]).includes(subject);

/** Only whether there is a password matters, so the files of secrets need not be readable. */
const WITHOUT_SECRETS: Surroundings = {
  ...HERE,
  readFile: (_, flag) => (flag === "http-password" ? "(not read)" : undefined),
  partial: true,
};

const DAEMONS = {
  bird: () => import("../daemons/bird.ts"),
  frr: () => import("../daemons/frr.ts"),
  exports: () => import("../daemons/exports.ts"),
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
  async bird(config) {
    const [{ birdConfig }, { exportsOf }] = await Promise.all([DAEMONS.bird(), DAEMONS.exports()]);
    return birdConfig(exportsOf(config));
  },
  async frr(config) {
    const [{ frrConfig }, { exportsOf }] = await Promise.all([DAEMONS.frr(), DAEMONS.exports()]);
    return frrConfig(exportsOf(config));
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
    help: "print a Grafana dashboard, alert rules or a scrape configuration for Prometheus, a configuration for the routing daemon BIRD or FRR, a JSON Schema of configuration files, the manual page, or the names of gateways or pools",
    async run(given) {
      const surroundings = isOfPools(given.subject) ? { ...HERE, readFile: () => UNREAD } : WITHOUT_SECRETS;
      const parsed = await parseSubject("print", SUBJECT, given, surroundings, "[flags of the service]");
      if (!parsed) return EXIT.usage;
      output.write(await DOCUMENTS[parsed.subject](parsed.config, commands()));
      return EXIT.done;
    },
  };
}
