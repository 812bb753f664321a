import { describe, expect, test } from "bun:test";

import { memberTexts, membersText } from "../../../src/config/members.ts";

/** Members of these names and addresses. */
const membersOf = (...texts: readonly string[]) =>
  texts.map((text) => {
    const [name, gateway] = text.split("=");
    return gateway === undefined ? { gateway: name! } : { gateway, name: name! };
  });

describe("members in a few words", () => {
  test.each([
    [["10.0.0.1"], "10.0.0.1"],
    [["10.0.0.1", "10.0.0.2"], "10.0.0.1 to 10.0.0.2"],
    [["10.0.0.254", "10.0.0.255", "10.0.1.0"], "10.0.0.254 to 10.0.1.0"],
    [["10.0.0.2", "10.0.0.1"], "10.0.0.2, 10.0.0.1"],
    [["10.0.0.1", "10.0.0.3"], "10.0.0.1, 10.0.0.3"],
    [["sweden=10.0.0.1"], "sweden (10.0.0.1)"],
    [["10.0.0.1", "lte=10.0.0.2"], "10.0.0.1, lte (10.0.0.2)"],
  ])("%j are %s", (given, text) => {
    expect(membersText(membersOf(...given))).toBe(text);
  });

  test("of which there are many are counted from the ninth on", () => {
    const many = Array.from({ length: 20 }, (_, index) => `10.0.0.${2 * index}`);
    expect(membersText(membersOf(...many))).toEndWith("10.0.0.12, 10.0.0.14 and 12 more");
  });
});

test("a member is read by its name and address, another address as it is", () => {
  const textOf = memberTexts({ members: membersOf("sweden=10.0.0.1", "10.0.0.2") });
  expect(["10.0.0.1", "10.0.0.2", "10.0.0.9"].map(textOf)).toEqual(["sweden (10.0.0.1)", "10.0.0.2", "10.0.0.9"]);
  expect(memberTexts({})("10.0.0.1")).toBe("10.0.0.1");
});
