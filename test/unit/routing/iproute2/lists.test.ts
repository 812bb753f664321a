import { expect, test } from "bun:test";

import { readAnswers, readListsAndLookUps } from "../../../../src/routing/iproute2/lists.ts";

test("each look-up has its own answer when another one failed", async () => {
  const run = async () => ({
    stdout: '[{"dst":"10.0.0.1"}]\n[{"dst":"10.0.0.3"}]\n',
    stderr: "RTNETLINK answers: Network is unreachable\nCommand failed -:2\n",
    failed: true,
  });
  const lookUps = [1, 2, 3].map((number) => `route get 10.0.0.${number}`);
  expect(await readAnswers(run, lookUps)).toEqual(['[{"dst":"10.0.0.1"}]', undefined, '[{"dst":"10.0.0.3"}]']);
});

test("look-ups that a route rejects are named besides the lists and answers", async () => {
  const run = async () => ({
    stdout: '[]\n[{"dst":"10.0.0.3"}]\n',
    stderr: [
      "RTNETLINK answers: Network is unreachable\nCommand failed -:2\n",
      "RTNETLINK answers: Permission denied\nCommand failed -:3\n",
    ].join(""),
    failed: true,
  });
  const lookUps = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((gateway) => `route get ${gateway}`);
  expect(await readListsAndLookUps(run, ["rule show"], lookUps)).toEqual({
    lists: ["[]", '[{"dst":"10.0.0.3"}]'],
    rejected: [1],
  });
});
