import { failureText } from "../text/failure.ts";

/** Why the service cannot start. */
export type StartErrorCode =
  | "table-locked" // another running instance manages the table
  | "preference-locked" // another running instance has one of the preferences
  | "probes-locked" // another running instance has the rules or tables for probes
  | "no-probes" // packets that probe beyond gateways cannot be sent
  | "no-ip" // there is no usable ip command
  | "no-privilege" // routes may not be changed
  | "no-policy-routing" // the kernel has no rules
  | "no-ipv6" // IPv6 cannot be routed, and nothing else is
  | "no-multipath" // the kernel has no multipath routes
  | "marker" // another program has the place of a marker
  | "port"; // the HTTP port cannot be opened

/** The service cannot start on this machine as it is. The message is the detail with the remedy. */
export class StartError extends Error {
  readonly code: StartErrorCode;
  /** What is wrong. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy: string;

  constructor(code: StartErrorCode, detail: string, remedy: string) {
    super(failureText({ detail, remedy }));
    this.code = code;
    this.detail = detail;
    this.remedy = remedy;
  }
}
