/** The check command in a lab, and what it reports. */
import { expect } from "bun:test";

import type { Finding } from "../../../src/diagnose/finding.ts";
import type { Lab } from "./lab.ts";

export interface Report {
  readonly status: number;
  readonly verdict: string;
  readonly findings: readonly Finding[];
  /** The findings with this topic. */
  about(topic: string): Finding[];
  /** Topics of all findings that are not ok. */
  readonly bad: string[];
}

export type How = Parameters<Lab["start"]>;

/** Runs the command on the lab's router, and expects that it changes nothing in the kernel. */
export async function check(
  lab: Lab,
  flags: How[0] = {},
  options: How[1] = {},
  start = lab.start.bind(lab),
): Promise<Report> {
  const before = await lab.snapshot();
  const { status, output, complaint } = await start(
    { json: true, ...flags },
    { ...options, command: ["check"] },
  ).ended();
  expect(complaint).toBe("");
  expect(await lab.snapshot()).toBe(before);
  const report = JSON.parse(output) as Pick<Report, "verdict" | "findings">;
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
