import type { ProviderErrorKind } from "../../src/ddns/providers/provider.ts";
import type { Fault } from "../fakes/dynu.ts";

/** A fault, and the kind of error it has to be in a read and in a write. */
export interface FaultRow {
  readonly name: string;
  readonly fault: Fault;
  readonly reads: ProviderErrorKind;
  readonly writes: ProviderErrorKind;
}

type Kinds = ProviderErrorKind | { readonly reads: ProviderErrorKind; readonly writes: ProviderErrorKind };

const row = (kinds: Kinds, name: string, fault: Fault): FaultRow => ({
  name,
  fault,
  ...(typeof kinds === "string" ? { reads: kinds, writes: kinds } : kinds),
});

/** A read that is declined needs a person; a change that is declined leaves other changes to try. */
const REFUSED: Kinds = { reads: "access", writes: "refused" };
const QUOTA: Kinds = { reads: "access", writes: "quota" };

/** Dynu's own errors: code, type, and what they mean. */
const OWN: readonly [number, string, Kinds][] = [
  [401, "Authentication Exception", "access"],
  [500, "Server Exception", "passing"],
  [501, "Argument Exception", REFUSED],
  [502, "Parse Exception", REFUSED],
  [503, "Quota Exception", QUOTA],
  [504, "Membership Exception", REFUSED],
  [505, "Validation Exception", REFUSED],
];

const inEveryForm = OWN.flatMap(([statusCode, type, kinds]) =>
  [false, true].flatMap((nested) =>
    [200, statusCode, 500].map((status) => {
      const form = `${nested ? "nested" : "flat"}, HTTP ${status}`;
      return row(kinds, `${type}, ${form}`, { kind: "body", status, statusCode, type, message: "No.", nested });
    }),
  ),
);

const json = (status: number, fields: object): Fault => {
  return { kind: "http", status, body: JSON.stringify(fields), contentType: "application/json" };
};

/** The type says most, the code in the body comes next, the HTTP status last. */
const atOdds = [
  row("access", "the type against both codes", json(500, { statusCode: 501, type: "Authentication Exception" })),
  row(QUOTA, "the type of a quota with the code of a key", json(401, { statusCode: 401, type: "Quota Exception" })),
  row(
    "passing",
    "the type of a server's fault with a code of ours",
    json(501, { statusCode: 501, type: "Server Exception" }),
  ),
  row("access", "an unknown type, the code of a key", json(200, { statusCode: 401, type: "New Exception" })),
  row(QUOTA, "an unknown type, the code of a quota", json(500, { statusCode: 503, type: "New Exception" })),
  row(REFUSED, "no type, the code of an argument", json(200, { statusCode: 501, message: "No." })),
  row(REFUSED, "no type, nested", json(500, { exception: { statusCode: 505, message: "No." } })),
  row("access", "no type and no code, HTTP 401", json(401, { message: "No." })),
  row("passing", "no type and no code, HTTP 503", json(503, { message: "no healthy upstream" })),
  row("passing", "no type and no code, HTTP 502, nested", json(502, { exception: { message: "No." } })),
  row("passing", "no type and no code, HTTP 200, nested", json(200, { exception: { message: "No." } })),
  // A proxy's: these codes mean something else where they are not Dynu's own.
  row("passing", "an unknown type, no code, HTTP 503", json(503, { type: "about:blank", title: "Unavailable" })),
  row("passing", "an unknown type, no code, HTTP 502", json(502, { type: "about:blank", title: "Bad Gateway" })),
  row("passing", "an unknown type, no code, HTTP 504", json(504, { type: "about:blank", title: "Timeout" })),
];

const pages = [
  ...[408, 429, 500, 502, 503, 504].map((status) => row("passing", `a page, HTTP ${status}`, { kind: "http", status })),
  ...[400, 403, 407].map((status) => row("passing", `a page, HTTP ${status}`, { kind: "http", status })),
  row("access", "a page, HTTP 401", { kind: "http", status: 401 }),
  row("passing", "a page, HTTP 200", { kind: "http", status: 200 }),
];

const garbage = ["", "null", "[]", '"ok"', "not JSON", '{"statusCode":200,', "\0\u{1f4a5}\ufffd", "{}".repeat(100_000)];

/** Redirects, which are not followed: the key must not go anywhere else. */
const redirects = [301, 302, 303, 307, 308].map((status) =>
  row("passing", `a redirect, HTTP ${status}`, {
    kind: "http",
    status,
    body: '{"statusCode":200}',
    contentType: "application/json",
    headers: { location: "https://elsewhere.invalid/v2" },
  }),
);

/** Faults of every call to Dynu. */
export const DYNU_FAULTS: readonly FaultRow[] = [
  ...inEveryForm,
  ...atOdds,
  ...pages,
  ...redirects,
  ...garbage.map((body) => row("passing", `garbage: ${JSON.stringify(body.slice(0, 20))}`, { kind: "garbage", body })),
  row("passing", "cut off before", { kind: "cut", when: "before" }),
  row("passing", "cut off after", { kind: "cut", when: "after" }),
];
