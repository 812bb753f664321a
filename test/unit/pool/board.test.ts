import { afterEach, describe, expect, jest, test } from "bun:test";

import { Board } from "../../../src/pool/board.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";

const ok = (seconds = 0.01): ProbeResult => ({ kind: "success", seconds, status: 200 });
const fail: ProbeResult = { kind: "failure", seconds: 0.3, code: "refused", detail: "connection refused" };

type Select = (up: ReadonlySet<string>) => ReadonlySet<string>;

function setUp(adopted: string[] = [], thresholds = { rise: 1, fall: 1 }, select: Select = (up) => up) {
  const events: ServiceEvent[] = [];
  const served: string[][] = [];
  const board = new Board({
    gateways: ["a", "b", "c"],
    thresholds,
    adopted: new Set(adopted),
    emit: (event) => void events.push(event),
    select,
    onSelected: (used) => void served.push([...used]),
  });
  return { board, served, of: (type: ServiceEvent["type"]) => events.filter((event) => event.type === type) };
}

describe("the board", () => {
  test("passes nothing on until every gateway has had its first result", () => {
    const { board, served } = setUp();
    board.record("a", ok());
    board.record("b", fail);
    board.record("a", ok());
    expect(served).toEqual([]);
    board.record("c", ok());
    expect(served).toEqual([["a", "c"]]);
  });

  test("passes on even that nobody is healthy: what an earlier run left has to go", () => {
    const { board, served } = setUp();
    for (const gateway of ["a", "b", "c"]) board.record(gateway, fail);
    expect(served).toEqual([[]]);
  });

  test("then passes every change on at once, and only changes", () => {
    const { board, served } = setUp();
    for (const gateway of ["a", "b", "c"]) board.record(gateway, ok());
    board.record("a", ok());
    board.record("b", fail);
    board.record("b", fail);
    expect(served).toEqual([
      ["a", "b", "c"],
      ["a", "c"],
    ]);
  });

  test("a gateway in use from an earlier run stays up through fewer than `fall` failures", () => {
    const { board, served } = setUp(["a"], { rise: 1, fall: 2 });
    for (const gateway of ["a", "b", "c"]) board.record(gateway, fail);
    expect(served).toEqual([["a"]]);
  });

  describe("after a time without any healthy gateway", () => {
    afterEach(() => void jest.useRealTimers());

    function allDown() {
      jest.useFakeTimers();
      const setup = setUp();
      for (const gateway of ["a", "b", "c"]) setup.board.record(gateway, fail);
      setup.served.length = 0;
      return setup;
    }

    test("the first to answer waits a moment for the others, and no longer", () => {
      const { board, served } = allDown();
      board.record("b", ok());
      jest.advanceTimersByTime(39);
      expect(served).toEqual([]);
      board.record("c", ok());
      jest.advanceTimersByTime(1);
      expect(served).toEqual([["b", "c"]]);
      jest.advanceTimersByTime(1000);
      board.record("a", ok());
      expect(served).toEqual([
        ["b", "c"],
        ["a", "b", "c"],
      ]);
    });

    test("nobody waits when all are back", () => {
      const { board, served } = allDown();
      for (const gateway of ["a", "b", "c"]) board.record(gateway, ok());
      expect(served).toEqual([["a", "b", "c"]]);
      jest.advanceTimersByTime(1000);
      expect(served).toHaveLength(1);
    });
  });

  describe("when not exactly those that are up are used", () => {
    afterEach(() => void jest.useRealTimers());

    test("the choice is passed on, also when it changes by itself", () => {
      let held = ["b"];
      const { board, served } = setUp([], undefined, (up) => new Set([...up].filter((one) => !held.includes(one))));
      board.reconsider();
      for (const gateway of ["a", "b", "c"]) board.record(gateway, ok());
      held = [];
      board.reconsider();
      expect(served).toEqual([
        ["a", "c"],
        ["a", "b", "c"],
      ]);
    });

    test("the first to come back waits for the others also while one that is down is used", () => {
      jest.useFakeTimers();
      const { board, served } = setUp([], undefined, (up) => (up.size === 0 ? new Set(["c"]) : up));
      for (const gateway of ["a", "b", "c"]) board.record(gateway, fail);
      board.record("a", ok());
      board.record("b", ok());
      expect(served).toEqual([["c"]]);
      jest.advanceTimersByTime(41);
      expect(served).toEqual([["c"], ["a", "b"]]);
    });
  });

  test("tells each change with the count after it", () => {
    const { board, of } = setUp();
    board.record("a", ok());
    board.record("b", fail);
    board.record("a", fail);
    expect(of("gateway")).toEqual([
      { type: "gateway", gateway: "a", status: "up", detail: "status 200", up: 1, total: 3 },
      { type: "gateway", gateway: "b", status: "down", detail: "connection refused", up: 1, total: 3 },
      { type: "gateway", gateway: "a", status: "down", detail: "connection refused", up: 0, total: 3 },
    ]);
  });

  test("a cycle is over when every gateway has had a result since the last one, and lasts as its slowest probe", () => {
    const { board, of } = setUp();
    board.record("a", ok(0.5));
    board.record("a", ok(0.1));
    board.record("b", ok(0.2));
    expect(of("cycle")).toEqual([]);
    board.record("c", ok(0.3));
    board.record("a", ok(0.1));
    board.record("b", ok(0.1));
    board.record("c", ok(0.2));
    expect(of("cycle")).toEqual([
      { type: "cycle", seconds: 0.5, up: 3 },
      { type: "cycle", seconds: 0.2, up: 3 },
    ]);
  });
});
