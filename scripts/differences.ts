/**
 * What an owner of the earlier program meets otherwise here. The guide's list is made of it, and each row has what proves it:
 * a command that test/e2e/differences.test.ts runs, or a test by its title.
 */
export interface Difference {
  readonly area: (typeof AREAS)[number];
  readonly what: string;
  readonly earlier: string;
  readonly here: string;
  readonly proof: Proof;
}

/** A command of the executable with its exit status and what it prints, or a test. */
export type Proof =
  | {
      readonly command: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      readonly status: number;
      readonly says: RegExp;
    }
  | { readonly test: string; readonly title: string };

export const AREAS = ["Command line", "Machine", "Routes", "Health", "Public addresses", "DDNS", "Metrics"] as const;

const RANGE = ["-start-ip", "192.168.1.10", "-end-ip", "192.168.1.12"];

/** A command line that is wrong. */
const wrong = (words: readonly string[], says: RegExp): Proof => ({ command: [...RANGE, ...words], status: 2, says });

const shownBy = (test: string, title: string): Proof => ({ test: `test/${test}.test.ts`, title });

export const DIFFERENCES: readonly Difference[] = [
  {
    area: "Command line",
    what: "A wrong command line",
    earlier: "the first problem was printed, and the exit status was 1 or 2",
    here: "all problems are printed at once, and the exit status is 2",
    proof: wrong(["-port", "0", "-timeout", "5"], /-port "0"[\s\S]*-timeout "5"/),
  },
  {
    area: "Command line",
    what: "A word without a flag",
    earlier: "it and all flags behind it were ignored",
    here: "it is an error; a blank word is left out with a warning, and the flags behind it count",
    proof: wrong(["stray", "-port", "8080"], /unexpected argument "stray"/),
  },
  {
    area: "Command line",
    what: "A port outside of 1 to 65535",
    earlier: "`-port` took it, and no probe could succeed",
    here: "it is an error",
    proof: wrong(["-port", "70000"], /-port "70000": expected a whole number from 1 to 65535/),
  },
  {
    area: "Command line",
    what: "`-path` without its slash",
    earlier: "it was accepted, and no probe could succeed",
    here: "it is an error that suggests the right path",
    proof: wrong(["-path", "health"], /-path "health": .*did you mean "\/health"/),
  },
  {
    area: "Command line",
    what: "Spaces, `#` and letters beyond ASCII in a path",
    earlier: "they were encoded, or cut off",
    here: "they are an error: write `%20` and the like, which is sent as it is",
    proof: wrong(["-path", "/a b"], /-path "\/a b": .*write others as %XX/),
  },
  {
    area: "Command line",
    what: "`?` in `-public-ip-service-path`",
    earlier: "it was encoded, so that no query could be sent",
    here: "a query follows it",
    proof: shownBy("unit/config/go-notations", "%p is %s, of a probe and of a look-up"),
  },
  {
    area: "Command line",
    what: "A duration of 0, below it, or above a day",
    earlier: "it was accepted",
    here: "it is an error",
    proof: wrong(
      ["-check-period", "48h", "-timeout", "-1s"],
      /-timeout "-1s": [\s\S]*-check-period "48h": .*up to 24h/,
    ),
  },
  {
    area: "Command line",
    what: "`-ddns-record-ttl` with a part of a second",
    earlier: "the part was cut off",
    here: "it is an error",
    proof: wrong(["-ddns-record-ttl", "1500ms"], /-ddns-record-ttl "1500ms": expected a duration of whole seconds/),
  },
  {
    area: "Command line",
    what: "Variables",
    earlier: "two passwords could come from the environment",
    here: "so can every flag, as `GRM_PORT` for `-port`",
    proof: { command: ["config", ...RANGE], env: { GRM_PORT: "8080" }, status: 0, says: /^port = 8080$/m },
  },
  {
    area: "Machine",
    what: "`ip`",
    earlier: "the kernel was asked without it",
    here: "iproute2 has to be installed",
    proof: shownBy("e2e/preflight", "a start without ip fails and names iproute2"),
  },
  {
    area: "Machine",
    what: "A change that the kernel rejects",
    earlier: "it ended the program",
    here: "it is logged and tried again; a gateway that is rejected is left out",
    proof: shownBy(
      "e2e/drift",
      "a gateway that the kernel rejects as a nexthop is left out of the route until the kernel accepts it",
    ),
  },
  {
    area: "Machine",
    what: "The log",
    earlier: "lines on standard error began with the date and the level, such as `INFO`",
    here: "lines on standard output are logfmt, or JSON, or text on a terminal (`-log-format`), with other words",
    proof: shownBy("e2e/differences", "the log is logfmt, and the port has a page beside the metrics"),
  },
  {
    area: "Machine",
    what: "What messages say",
    earlier: "`operation not permitted`, `context deadline exceeded`, `0/5 gateways active`",
    here: "`no privilege to change routes`, `timeout after 1s`, and a line for each gateway with its reason",
    proof: shownBy("e2e/preflight", "a start without the privilege to change routes fails and names CAP_NET_ADMIN"),
  },
  {
    area: "Machine",
    what: "Size",
    earlier: "the executable had about 12 MB",
    here: "it has about 120 MB, with its runtime",
    proof: shownBy("e2e/differences", "the executable has its runtime in it"),
  },
  {
    area: "Machine",
    what: "The port of the metrics",
    earlier: "it had `/metrics` alone",
    here: "it has a status page, an API and `/readyz` as well (`-status-page=false` turns the first two off)",
    proof: shownBy("e2e/differences", "the log is logfmt, and the port has a page beside the metrics"),
  },
  {
    area: "Machine",
    what: "A scrape of `/metrics` under a public name",
    earlier: "it was answered under any name",
    here: "it is answered under an address, a local name or the host name of the machine; others need `-allowed-host` or a password",
    proof: shownBy(
      "e2e/password",
      "without a password, all but /healthz answers 403 to a request with a public host name (DNS rebinding)",
    ),
  },
  {
    area: "Routes",
    what: "Rules",
    earlier: "there were 16, from 10888 to 10903, and tables 180 and 181",
    here: "there is one, 10888, and `throw` routes for what is excluded in table 180; all have the protocol 173",
    proof: shownBy("e2e/differences", "one rule and throw routes do what 16 rules did"),
  },
  {
    area: "Routes",
    what: "`ip route show default`",
    earlier: "its first releases had the route there",
    here: "it shows the normal route: the managed ones are in `ip route show table 180`",
    proof: shownBy("e2e/differences", "one rule and throw routes do what 16 rules did"),
  },
  {
    area: "Routes",
    what: "What a kill left",
    earlier: "the next start replaced rules with the same preferences; others stayed",
    here: "the next start removes all that a run of this program left; what the earlier program left needs `-take-over`, see above",
    proof: shownBy(
      "e2e/take-over",
      "-take-over loses no packet and moves no flow, and leaves the rule of another program",
    ),
  },
  {
    area: "Routes",
    what: "Entries of other programs",
    earlier: "rules at its preferences and routes in its table were deleted, whatever program had made them",
    here: "they stay; a route in the place of ours keeps the service from its work, and is named",
    proof: shownBy(
      "e2e/drift",
      "a foreign route in place of the managed one is left alone, and the managed route is added when it is removed",
    ),
  },
  {
    area: "Routes",
    what: "A rule or route that is deleted",
    earlier: "a rule was gone for good",
    here: "both are restored within two seconds",
    proof: shownBy(
      "e2e/latency",
      "a rule, a route and an exclusion are restored within 2 s after another program deletes them",
    ),
  },
  {
    area: "Routes",
    what: "The nexthops",
    earlier: "each healthy gateway stood in the route once, in the order of the texts of their addresses",
    here: "a gateway can stand there several times while another one is down, so that the flows of the healthy ones stay",
    proof: shownBy(
      "e2e/traffic",
      "flows keep their gateways when others leave, and move only to a gateway that returns",
    ),
  },
  {
    area: "Routes",
    what: "Gateways and networks of the router itself",
    earlier: "they were excluded only by the reserved ranges",
    here: "they are always excluded, so that a probe never passes another gateway",
    proof: shownBy(
      "e2e/routing",
      "with -exclude-reserved-cidrs=false, gateways and connected networks still use the main table",
    ),
  },
  {
    area: "Routes",
    what: "`-route` inside a reserved range",
    earlier: "it had no effect, unless `-exclude-reserved-cidrs=false`",
    here: "it is managed, since it is named",
    proof: shownBy(
      "e2e/routing",
      "a reserved network that is given as -route is managed, except gateways and connected networks",
    ),
  },
  {
    area: "Routes",
    what: "When a change is made",
    earlier: "once the slowest probe of a cycle had ended",
    here: "as soon as the probe of a gateway has ended",
    proof: shownBy("e2e/routing", "a gateway that hangs does not delay the removal of another one that failed"),
  },
  {
    area: "Health",
    what: "A redirect",
    earlier: "it was followed, up to ten times",
    here: "it is a failure, and the reason says where it leads: probe that path",
    proof: shownBy("contract/probe", "the reason of a redirect to %s says where it leads and what to do"),
  },
  {
    area: "Health",
    what: "Connections and proxies",
    earlier: "connections were kept, and `HTTP_PROXY` was used",
    here: "each probe has a connection of its own, and no proxy",
    proof: shownBy("e2e/probing", "a probe is a GET on a connection of its own, and ignores proxy variables"),
  },
  {
    area: "Health",
    what: "The moment of a probe",
    earlier: "all gateways were probed at once",
    here: "they are spread over the period, in groups of up to 20",
    proof: shownBy("e2e/probing", "every gateway is probed at most once in each check period"),
  },
  {
    area: "Public addresses",
    what: "The status of an answer",
    earlier: "200 alone was a success",
    here: "so is every other one below 300",
    proof: shownBy("unit/ddns/look-up", "status %d with an address is a success"),
  },
  {
    area: "Public addresses",
    what: "How often they are looked up",
    earlier: "in each cycle",
    here: "every 30 s (`-public-ip-refresh`), and when a gateway comes up",
    proof: shownBy("e2e/ddns-look-ups", "an address that changes while its gateway stays healthy is changed in place"),
  },
  {
    area: "Public addresses",
    what: "Private and reserved addresses",
    earlier: "they were accepted",
    here: "they are a failure, unless `-public-ip-allow-private` is set",
    proof: shownBy("e2e/ddns-look-ups", "-public-ip-allow-private accepts addresses that are not public"),
  },
  {
    area: "Public addresses",
    what: "With `-public-ip-service-hostname`",
    earlier: "the service was asked over the usual routes, and saw the same address each time",
    here: "it is asked through each gateway",
    proof: shownBy("e2e/ddns-through", "the name resolves to the exit of each gateway, and follows when one changes"),
  },
  {
    area: "Public addresses",
    what: "A redirect",
    earlier: "it was followed",
    here: "it is a failure: name the URL that it leads to",
    proof: shownBy("unit/ddns/look-up", "to another path of the same host asks for that path"),
  },
  {
    area: "DDNS",
    what: "A gateway whose look-up fails",
    earlier: "its record was removed, and all of them when no look-up succeeded",
    here: "it keeps its record; only gateways that go down leave the name",
    proof: shownBy("e2e/ddns-look-ups", "when all look-ups fail later, only gateways that go down leave the name"),
  },
  {
    area: "DDNS",
    what: "Records",
    earlier: "they were deleted and added at the same time, so the name could be empty",
    here: "they are changed in place, one after another, and their time to live as well",
    proof: shownBy(
      "e2e/ddns-records",
      "-ddns-record-ttl is used, and records with another one, or disabled, are corrected in place",
    ),
  },
  {
    area: "DDNS",
    what: "An update that fails",
    earlier: "it was not repeated",
    here: "it is repeated, from a second to five minutes later",
    proof: shownBy("e2e/ddns-outages", "a provider that %s: once it is back, the name catches up"),
  },
  {
    area: "DDNS",
    what: "A start while the provider does not answer",
    earlier: "it failed",
    here: "the gateways are routed, and the name follows",
    proof: shownBy("e2e/ddns-refusals", "%s: an error at the start, and no more requests"),
  },
  {
    area: "DDNS",
    what: "A whole domain at Dynu, such as your-hostname.dynu.net",
    earlier: "it was accepted",
    here: "it is an error: use a name inside it, such as gateways.your-hostname.dynu.net",
    proof: shownBy(
      "contract/ddns-dynu",
      "your-hostname.dynu.net of the documentation is an error that says what Dynu needs, which then works",
    ),
  },
  {
    area: "Metrics",
    what: '`route_updates_total` with `operation="update"`',
    earlier: "it rose by one in each cycle, also without a change",
    here: "it rises when the kernel is changed, and stands still while all is well; `check_cycles_total` shows that the service works",
    proof: shownBy("e2e/differences", "route updates are counted when something changes, and cycles always"),
  },
  {
    area: "Metrics",
    what: "`route_updates_total` with `add`, `replace`, `remove`",
    earlier: "they stayed at 0",
    here: "they count the managed routes that were added, replaced and removed",
    proof: shownBy("e2e/differences", "route updates are counted when something changes, and cycles always"),
  },
  {
    area: "Metrics",
    what: "`route_update_duration_seconds`",
    earlier: "a request to the kernel in each cycle, of microseconds",
    here: "a run of `ip` that changes something, of some milliseconds",
    proof: shownBy("e2e/differences", "route updates are counted when something changes, and cycles always"),
  },
  {
    area: "Metrics",
    what: "`check_cycles_total` and `check_cycle_duration_seconds`",
    earlier: "a cycle was probes, routes and DNS together",
    here: "it is a round in which each gateway was probed once, and its duration is that of the slowest probe",
    proof: shownBy("unit/metrics/route-metrics", "a round of probes is a cycle, with the time of its slowest probe"),
  },
  {
    area: "Metrics",
    what: "`gateway_health_check_duration_seconds` and `http_request_duration_seconds`",
    earlier: "the connection stood already, most of the time",
    here: "they have the time of its set-up, and of TLS, as well",
    proof: shownBy(
      "contract/probe",
      "uses a new connection each time, also when the server keeps the previous one open",
    ),
  },
  {
    area: "Metrics",
    what: "`default_route_gateways_count`",
    earlier: "the healthy gateways",
    here: "those in the routes, as read back from the kernel",
    proof: shownBy("unit/metrics/metrics", "in the routes are counted as read back from the kernel"),
  },
  {
    area: "Metrics",
    what: "`unique_public_ips_count`",
    earlier: "an address that two gateways had counted twice",
    here: "it counts once",
    proof: shownBy("e2e/ddns-membership", "two gateways with one address share a record until the last of them leaves"),
  },
  {
    area: "Metrics",
    what: "`public_ip_changes_total`",
    earlier: "it counted changes of the set, also when a gateway went down, and the first one",
    here: "it counts gateways whose address changed",
    proof: shownBy("unit/metrics/ddns-metrics", "that finds a first address is no change, one that finds another is"),
  },
  {
    area: "Metrics",
    what: "`ddns_updates_skipped_total`",
    earlier: "it rose in each cycle without a change",
    here: "it rises when the records were read and were right",
    proof: shownBy("e2e/ddns-records", "records that are right already are read and not written"),
  },
  {
    area: "Metrics",
    what: "`go_*`",
    earlier: "they described the runtime of Go",
    here: "there are none; `process_*` describe the process",
    proof: shownBy("e2e/differences", "the log is logfmt, and the port has a page beside the metrics"),
  },
];

/** The list of the guide, in lines of 80 columns. */
export function differencesMarkdown(): string {
  return AREAS.map((area) => {
    const items = DIFFERENCES.filter((row) => row.area === area).map(({ what, earlier, here }) => {
      return wrapped(`- ${what}. Earlier: ${earlier}. Here: ${here}.`);
    });
    return `**${area}**\n\n${items.join("\n")}\n`;
  }).join("\n");
}

/** Lines of a list item; code in backticks stays on one line. */
function wrapped(text: string): string {
  const words = text.match(/(?:`[^`]*`|[^\s`])+/g)!;
  const lines = [words[0]!];
  for (const word of words.slice(1)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (longer.length <= 80) lines[lines.length - 1] = longer;
    else lines.push(`  ${word}`);
  }
  return lines.join("\n");
}
