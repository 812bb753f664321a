import { expect, test } from "bun:test";

import { placesBeside } from "../../../src/config/places-beside.ts";
import { lineOf, parseAnswer } from "../../../src/control/protocol.ts";
import { placesAnswer, poolsIn } from "../../../src/service/places-answer.ts";
import { configOf } from "../config/file/file.fixture.ts";

const FILE = `
[[gateway]]
start-ip = "10.77.0.10"
end-ip = "10.77.0.12"
[[pool]]
name = "vpn"
from = ["10.78.0.0/24"]
table = 190
[[pool]]
name = "rest"
mark = "0x10/0xff"
`;

test("a command reads from the answer of a service where its pools are, and keeps them there", () => {
  const config = configOf(FILE);
  const answer = parseAnswer(lineOf(placesAnswer(config)));
  const running = answer?.ok ? poolsIn(answer.result) : undefined;
  const placed = config.pools.map(({ name, selectors, table, preference }) => ({ name, selectors, table, preference }));
  expect(running).toEqual(placed as NonNullable<typeof running>);
  const wishes = [
    { name: "new", selectors: { from: [], in: ["tv0"] } },
    ...config.pools.map(({ name, selectors }) => ({ name: name!, selectors })),
  ];
  const places = placesBeside(running!)(wishes, { table: 180, preference: 10888 });
  expect(places.slice(1)).toEqual(config.pools.map(({ table, preference }) => ({ table, preference })));
});

test("a service without a file has no places for one", () => {
  const { service, ...rest } = configOf(FILE);
  const { config: _, ...flags } = service;
  expect(placesAnswer({ ...rest, service: { ...flags, config: undefined } })).toMatchObject({
    ok: false,
    code: "no-file",
  });
});

test.each<[unknown]>([
  [undefined],
  [{}],
  [[null]],
  [[{ table: 180, preference: "10888", selectors: { from: [], in: [] } }]],
  [[{ table: 180, preference: 10888 }]],
  [[{ name: 5, table: 180, preference: 10888, selectors: { from: [], in: [] } }]],
])("an answer of another form has no pools: %j", (result) => {
  expect(poolsIn(result)).toBeUndefined();
});
