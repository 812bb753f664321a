import { expect, test } from "bun:test";
import { createHash } from "node:crypto";

import { bundlePage } from "../../../../src/http/page/bundle.ts";
import { PAGE, PAGE_HEADERS } from "../../../../src/http/page/document.ts";

const contentOf = (element: string): string[] =>
  [...PAGE.matchAll(new RegExp(`<${element}[^>]*>([^]*?)</${element}>`, "g"))].map((match) => match[1]!);

test("the content security policy allows exactly the one style and the one script of the page", () => {
  const policy = Object.fromEntries(
    PAGE_HEADERS["content-security-policy"].split("; ").map((part) => {
      const [name, ...values] = part.split(" ");
      return [name, values];
    }),
  );
  for (const element of ["style", "script"]) {
    const contents = contentOf(element);
    expect(contents).toHaveLength(1);
    const hash = createHash("sha256").update(contents[0]!).digest("base64");
    expect(policy[`${element}-src`]).toEqual([`'sha256-${hash}'`]);
  }
  for (const name of ["default-src", "base-uri", "form-action", "frame-ancestors", "trusted-types"]) {
    expect(policy[name]).toEqual(["'none'"]);
  }
  expect(policy["connect-src"]).toEqual(["'self'"]);
});

test("the page has no references to other origins and no code that turns text into markup", () => {
  const addresses = [...PAGE.matchAll(/(?:src|href|action)\s*=\s*"([^"]*)"/g)].map((match) => match[1]!);
  expect(addresses.filter((one) => !/^(#|data:,|\/(api\/v1\/|metrics$))/.test(one))).toEqual([]);
  expect(PAGE.match(/https?:\/\/(?!www\.w3\.org\/)[^ "]*/g)).toBeNull();
  expect(PAGE.match(/@import|url\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/g)).toBeNull();
  expect(PAGE.match(/<[^>]*\s(on\w+|style)=/g)).toBeNull();
});

test("the page is the same in every build", () => {
  expect(bundlePage().html).toBe(PAGE);
});
