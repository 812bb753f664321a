import { describe, expect, test } from "bun:test";

import {
  circumstancesOf,
  type ConnectionState,
  headlineOf,
  isStale,
  noticeOf,
  tabBadge,
} from "../../../../src/http/page/headline.ts";
import { iconOf } from "../../../../src/http/page/tab.ts";
import type { Status, Stopped } from "../../../../src/status/schema.ts";
import { setUp } from "../../status/model.fixture.ts";

const clock = (time: string): string => time.slice(11, 19);
const stopped = (routes: Stopped["routes"]): ConnectionState => ({
  kind: "stopped",
  stopped: { time: "2026-01-02T03:05:00.000Z", reason: "SIGTERM", routes },
});
const lost = (final = false): ConnectionState => ({ kind: "lost", why: "the service is unreachable", final });
const LIVE: ConnectionState = { kind: "live" };
const POLLING: ConnectionState = { kind: "polling" };

/** A service with a kill switch that is down. */
const status = (): Status => setUp({ "when-no-gateways": "unreachable" }, false).status();
const TIME = "2026-01-02T03:04:05.000Z";

describe("the headline", () => {
  test("is the verdict while data arrives", () => {
    const plain = headlineOf(status(), { connection: LIVE, clock });
    expect(plain).toMatchObject({ tone: "bad", word: "Down" });
    expect(headlineOf(status(), { connection: POLLING, clock })).toEqual(plain);
  });

  test("of a lost service has the time of the verdict", () => {
    expect(headlineOf(status(), { connection: lost(), clock }).word).toBe("Down at 03:04:05");
  });

  test.each([
    ["removed", "Its routes and rules are removed, and traffic takes the normal routing tables"],
    ["kept", "Its routes and rules stay as they are, for the next start (-on-exit keep)"],
    ["left", "Not all of its routes and rules could be removed; its log has the commands"],
  ] as const)("of a stopped service whose routes are %s says so instead of a verdict", (routes, why) => {
    const headline = headlineOf(status(), { connection: stopped(routes), clock });
    expect(headline).toEqual({ tone: "stopped", word: "Stopped", why });
  });
});

describe("the notice", () => {
  const textOf = (connection: ConnectionState, newest?: string) => noticeOf({ connection, clock }, newest, 2000);

  test("is there while the page is old only", () => {
    expect([LIVE, POLLING, lost(), stopped("kept")].map(isStale)).toEqual([false, false, true, true]);
    expect(textOf(LIVE, TIME)).toBeUndefined();
  });

  test("says since when the page is old, and that it tries again", () => {
    expect(textOf(lost(), TIME)).toEqual({
      title: "Connection lost: the service is unreachable.",
      text: "The page shows the state of 03:04:05. It tries again every 2s.",
    });
    expect(textOf(lost())?.text).toBe("It tries again every 2s.");
    expect(textOf(lost(true), TIME)?.text).toBe("The page shows the state of 03:04:05.");
  });

  test("tells a stop from a lost connection", () => {
    expect(textOf(stopped("removed"), TIME)).toEqual({
      title: "The service was stopped at 03:05:00 (SIGTERM).",
      text: "The page shows the state of 03:04:05. It goes on by itself when the service is back.",
    });
  });
});

test("the tab says stopped, lost or the verdict, each with an icon of its own", () => {
  const badges = [LIVE, lost(), stopped("kept")].map((connection) => tabBadge(status(), connection));
  expect(badges.map(({ text }) => text)).toEqual(["down", "connection lost", "stopped"]);
  expect(new Set(badges.map(({ tone }) => iconOf(tone).replaceAll(/%23[0-9a-f]{6}/g, ""))).size).toBe(3);
  expect(tabBadge(undefined, LIVE).text).toBe("connecting");
});

describe("what happens to packets", () => {
  const texts = (connection: ConnectionState): string[] => {
    const { traffic, killSwitch } = circumstancesOf(status(), connection);
    return [...traffic, ...killSwitch].map(({ text }) => text);
  };

  test("follows from the newest status, also while the connection is lost or the routes are kept", () => {
    const last = ["is not known: the kernel was not read yet", "on (unreachable)"];
    for (const connection of [LIVE, lost(), stopped("kept"), stopped("left")]) expect(texts(connection)).toEqual(last);
  });

  test("follows from a stop that removed everything, the kill switch too", () => {
    expect(texts(stopped("removed"))).toEqual(["takes the normal routing tables", "off"]);
  });
});
