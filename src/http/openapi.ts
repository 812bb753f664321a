import { Notification } from "../hooks/notification.ts";
import { LogEntries, LogEntry, Status, Stopped } from "../status/schema.ts";

export interface DocumentOptions {
  /** Of the program. */
  readonly version: string;
  /** Whether -http-password is set. */
  readonly protected: boolean;
}

type Responses = Readonly<Record<string, object>>;

const text = (description: string) => ({ description, content: { "text/plain": { schema: { type: "string" } } } });
const html = (description: string) => ({ description, content: { "text/html": { schema: { type: "string" } } } });
const json = (description: string, schema: object) => ({ description, content: { "application/json": { schema } } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const LAST_EVENT_ID = {
  name: "Last-Event-ID",
  in: "header",
  description:
    "id of the last log entry that the client has; without it the stream begins with all that are remembered",
  schema: { type: "integer" },
};

const USABLE = {
  name: "usable",
  in: "query",
  description: "whether each pool also has to have a usable gateway",
  allowEmptyValue: true,
  schema: { type: "string" },
};

const POOL = {
  name: "pool",
  in: "query",
  description: "the pools that are meant, by their names; without it all of them",
  schema: { type: "array", items: { type: "string" } },
};

/** Describes everything that the HTTP port serves, as OpenAPI 3.1. */
export function openApi({ version, protected: isProtected }: DocumentOptions): object {
  const rejected = isProtected
    ? {
        "401": text("no password, or a wrong one"),
        "429": text("too many wrong passwords come from the address of the client"),
      }
    : {
        "403": text("requested under a public name that -allowed-host does not have, as by a web page from elsewhere"),
      };
  const get = (summary: string, responses: Responses, more: object = {}): object => ({
    get: {
      summary,
      ...more,
      responses: { ...responses, ...rejected, "405": text("any method but GET and HEAD") },
    },
  });
  return {
    openapi: "3.1.0",
    info: {
      title: "gateway-route-manager",
      version,
      description: "The state of the running service. Everything is read-only.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: isProtected ? [{ basic: [] }, { bearer: [] }] : [],
    paths: {
      "/": get("The status page, for people", { "200": html("the page") }),
      "/api/v1/status": get("The status of the service", { "200": json("the status", ref("Status")) }),
      "/api/v1/log": get("The last lines of the log", { "200": json("the lines", ref("LogEntries")) }),
      "/api/v1/events": get(
        "Changes as they happen",
        { "200": events(), "503": text("the maximum number of clients is connected") },
        { parameters: [LAST_EVENT_ID] },
      ),
      "/api/v1/openapi.json": get("This description", { "200": json("OpenAPI 3.1", { type: "object" }) }),
      "/metrics": get("Metrics for Prometheus", { "200": text("in Prometheus' text format") }),
      "/healthz": {
        get: {
          summary: "Whether the program does its work",
          security: [],
          responses: {
            "200": text("it does"),
            "405": text("any method but GET and HEAD"),
            "503": text("it does not; the reason"),
          },
        },
      },
      "/readyz": get(
        "Whether traffic can rely on the service",
        {
          "200": text("the kernel holds what it should, and with `usable` each pool has a usable gateway"),
          "404": text("no pool has that name"),
          "503": text("it does not, or not yet; the reason"),
        },
        { parameters: [USABLE, POOL] },
      ),
      "/usable": get(
        "Whether each pool has as many usable gateways as -usable-min asks for",
        {
          "200": text("it has; how many"),
          "404": text("no pool has that name"),
          "503": text("it has not, or not yet; how many"),
        },
        { parameters: [POOL] },
      ),
    },
    webhooks: {
      change: {
        post: {
          summary: "The request to -webhook-url, and the standard input of -on-change",
          security: [],
          requestBody: { required: true, ...json("what changed", ref("Notification")) },
          responses: {
            "2XX": { description: "delivered" },
            "4XX": { description: "not sent again, except after 408, 425 and 429" },
            "5XX": { description: "sent again later" },
          },
        },
      },
    },
    components: {
      schemas: { Status, LogEntry, LogEntries, Stopped, Notification },
      ...(isProtected && {
        securitySchemes: {
          basic: { type: "http", scheme: "basic", description: "any user name" },
          bearer: { type: "http", scheme: "bearer" },
        },
      }),
    },
  };
}

function events(): object {
  const description =
    "server-sent events: `status` at once and then at most once a second when something has changed, its data a Status; " +
    "`event` for each line of the log, its data a LogEntry and its id that of the entry; " +
    "`stopped` at last when the service is stopped, its data a Stopped";
  return { description, content: { "text/event-stream": { schema: { type: "string" } } } };
}
