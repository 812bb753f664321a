import { escapeControls } from "../text/escape.ts";
import { breakLines } from "../text/lines.ts";
import { list } from "../text/list.ts";
import { inColour, plain, type Tone, type Look } from "../text/table.ts";
import { type Finding, type Level, verdict } from "./finding.ts";

const TONES: Readonly<Record<Level, Tone>> = { ok: "good", warning: "doubtful", error: "bad" };

const LEVEL_COLUMN = "warning".length + 2;

/** Longer topics have a line of their own: names of gateways can be long. */
const LONGEST_TOPIC = 34;

/** Pools that a message names at most. */
const MOST_POOLS = 8;

/** Narrower texts are unreadable: the terminal breaks longer lines then. */
const LEAST_WIDTH = 30;

/** The findings as a list for people, each with its remedy below it, and a summary at the end. */
export function findingsText(findings: readonly Finding[], { width, colour }: Look): string {
  const paint = colour ? inColour : plain;
  const topicColumn = Math.min(LONGEST_TOPIC, Math.max(...findings.map((one) => topicOf(one).length))) + 2;
  const indent = " ".repeat(LEVEL_COLUMN + topicColumn);
  const room = Math.max(LEAST_WIDTH, width - indent.length);
  const lines = findings.flatMap((finding) => {
    const { level, remedy } = finding;
    const topic = topicOf(finding);
    const [first = "", ...rest] = breakLines(escapeControls(messageOf(finding)), room);
    const advice = remedy === undefined ? [] : breakLines(`-> ${escapeControls(remedy)}`, room);
    const head = `${paint(TONES[level], level.padEnd(LEVEL_COLUMN))}${topic.padEnd(topicColumn)}`;
    const below = [...rest, ...advice].map((line) => indent + line);
    return topic.length > LONGEST_TOPIC ? [head.trimEnd(), indent + first, ...below] : [head + first, ...below];
  });
  const worst = verdict(findings);
  return [...lines, "", paint(TONES[worst], summary(findings, worst)), ""].join("\n");
}

/** With the family that it is about, where there are two. */
function topicOf({ topic, family }: Finding): string {
  return family === undefined ? topic : `${topic} (IPv${family})`;
}

/** With the pools that it is about. */
function messageOf({ message, pools = [] }: Finding): string {
  if (pools.length === 0) return message;
  return `${pools.length === 1 ? "pool" : "pools"} ${list(pools, MOST_POOLS)}: ${message}`;
}

/** The findings as JSON. */
export function findingsJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ verdict: verdict(findings), findings }, undefined, 2)}\n`;
}

function summary(findings: readonly Finding[], worst: Level): string {
  const count = (level: Level): string => {
    const number = findings.filter((finding) => finding.level === level).length;
    return `${number} ${level}${number === 1 ? "" : "s"}`;
  };
  return worst === "ok" ? "all is well" : `${count("error")}, ${count("warning")}`;
}
