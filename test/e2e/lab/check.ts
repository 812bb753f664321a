/** The check command in a lab, and its report. */
import { expect } from "bun:test";

import type { Finding } from "../../../src/diagnose/finding.ts";
import type { Lab } from "./lab.ts";

export interface Report {
  readonly status: number;
  readonly verdict: string;
  readonly findings: readonly Finding[];
  /** The findings with this topic. */
  about(topic: string): Finding[];
  /** The topics of all findings with a level other than ok. */
  readonly bad: string[];
}

export type StartArguments = Parameters<Lab["start"]>;

/** Timings with which no busy machine takes a healthy gateway for a failed one: one probe, and nothing repeats it. */
const PATIENT = { "check-period": "5s", timeout: "2s" };

/** Runs the command on the lab's router, and expects that the kernel's rules and routes are the same afterwards. */
export async function check(
  lab: Lab,
  flags: StartArguments[0] = {},
  options: StartArguments[1] = {},
  start = lab.start.bind(lab),
): Promise<Report> {
  const before = await lab.snapshot();
  const { status, stdout, stderr } = await start(
    { json: true, ...PATIENT, ...flags },
    { ...options, command: ["check"] },
  ).ended();
  expect(stderr).toBe("");
  expect(await lab.snapshot()).toBe(before);
  const report = JSON.parse(stdout) as Pick<Report, "verdict" | "findings">;
  expect([
    ["ok", 0],
    ["error", 1],
    ["warning", 3],
  ]).toContainEqual([report.verdict, status]);
  for (const { level, remedy } of report.findings) expect(remedy === undefined).toBe(level === "ok");
  return {
    status,
    ...report,
    about: (topic) => report.findings.filter((finding) => finding.topic === topic),
    bad: report.findings.filter(({ level }) => level !== "ok").map(({ topic }) => topic),
  };
}
