import { Notification } from "../hooks/notification.ts";
import { LogEntries, LogEntry, Status } from "../status/schema.ts";

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
  description: "the newest entry of the log that is known already; without it all that are remembered are told",
  schema: { type: "integer" },
};

/** Describes everything that the HTTP port serves, as OpenAPI 3.1. */
export function openApi({ version, protected: guarded }: DocumentOptions): object {
  const get = (summary: string, responses: Responses, more: object = {}): object => ({
    get: {
      summary,
      ...more,
      responses: { ...responses, ...(guarded && { "401": text("no password, or a wrong one") }) },
    },
  });
  const api = (summary: string, responses: Responses, more: object = {}): object => {
    const refused = guarded ? {} : { "403": text("asked for by a public name, as a foreign web page would") };
    return get(summary, { ...responses, ...refused, "405": text("anything but GET and HEAD") }, more);
  };
  return {
    openapi: "3.1.0",
    info: {
      title: "gateway-route-manager",
      version,
      description: "What the running service tells of itself. Everything is read only.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: guarded ? [{ basic: [] }, { bearer: [] }] : [],
    paths: {
      "/": api("The status page, for people", { "200": html("the page") }),
      "/api/v1/status": api("How the service is now", { "200": json("the status", ref("Status")) }),
      "/api/v1/log": api("The last lines of the log", { "200": json("the lines", ref("LogEntries")) }),
      "/api/v1/events": api(
        "What happens, live",
        { "200": events(), "503": text("as many follow already as may") },
        { parameters: [LAST_EVENT_ID] },
      ),
      "/api/v1/openapi.json": api("This description", { "200": json("OpenAPI 3.1", { type: "object" }) }),
      "/metrics": get("Metrics for Prometheus", { "200": text("in Prometheus' text format") }),
      "/healthz": {
        get: {
          summary: "Whether the program does its work",
          security: [],
          responses: { "200": text("it does"), "503": text("it hangs; the reason") },
        },
      },
      "/readyz": get("Whether traffic can rely on it", {
        "200": text("the kernel holds what it should"),
        "503": text("it does not, or not yet; the reason"),
      }),
    },
    webhooks: {
      change: {
        post: {
          summary: "What -webhook-url gets, and -on-change on standard input",
          security: [],
          requestBody: { required: true, ...json("what changed", ref("Notification")) },
          responses: {
            "2XX": { description: "it is delivered" },
            "4XX": { description: "it is not sent again, but for 408, 425 and 429" },
            "5XX": { description: "it is sent again later" },
          },
        },
      },
    },
    components: {
      schemas: { Status, LogEntry, LogEntries, Notification },
      ...(guarded && {
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
    "`event` for each line of the log, its data a LogEntry and its id that of the entry";
  return { description, content: { "text/event-stream": { schema: { type: "string" } } } };
}
