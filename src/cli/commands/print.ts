import { hostname } from "node:os";

import { VERSION } from "../../build.ts";
import type { Config } from "../../config/model.ts";
import type { Surroundings } from "../../config/parse.ts";
import { choice } from "../../config/values.ts";
import { output } from "../../log/async-stdout.ts";
import { type Command, complain, HERE, type Invocation, UNREAD } from "./command.ts";
import { gatewayLabel } from "../../text/gateway.ts";
import { EXIT } from "../program.ts";
import { PAIR_OPTIONS, readPair } from "./pair-options.ts";
import { parseSubject } from "./printing.ts";

const SUBJECT = {
  ...choice(
    ...(["dashboard", "alerts", "scrape-config", "man", "config-schema", "gateways", "pools"] as const),
    ...(["bird", "frr", "keepalived"] as const),
  ),
  placeholder: "DOCUMENT",
};

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
  keepalived: () => import("../daemons/keepalived.ts"),
};

/** Makes a document; with problems, that is of no use. */
type Generator = (
  config: Config,
  commands: readonly Command[],
  given: Invocation,
  problems: string[],
) => Promise<string>;

/** The generator of each document. The service loads none of them. */
const DOCUMENTS: Readonly<Record<Document, Generator>> = {
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
  async keepalived(config, _, given, problems) {
    const member = readPair(config, given, problems);
    return member === undefined ? "" : (await DAEMONS.keepalived()).keepalivedConfig(member);
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
    options: PAIR_OPTIONS,
    help: "print a document: dashboard (of Grafana), alerts and scrape-config (of Prometheus), bird, frr and keepalived (the configuration of each), config-schema (the JSON Schema of configuration files), man (the manual page), or the names of gateways or pools",
    async run(given) {
      const surroundings = isOfPools(given.subject) ? { ...HERE, readFile: () => UNREAD } : WITHOUT_SECRETS;
      const parsed = await parseSubject("print", SUBJECT, given, surroundings, "[flags of the service]");
      if (!parsed) return EXIT.usage;
      const problems: string[] = [];
      const document = await DOCUMENTS[parsed.subject](parsed.config, commands(), given, problems);
      complain(...problems);
      if (problems.length > 0) return EXIT.usage;
      output.write(document);
      return EXIT.done;
    },
  };
}
