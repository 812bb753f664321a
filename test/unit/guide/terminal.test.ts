import { describe, expect, test } from "bun:test";

import { renderMarkdown } from "../../../src/guide/terminal.ts";

const plain = (markdown: string, width = 80): string => renderMarkdown(markdown, { width, colour: false });
const coloured = (markdown: string, width = 80): string => renderMarkdown(markdown, { width, colour: true });
const WORDS = "word ".repeat(60).trim();
const longest = (text: string): number => Math.max(...text.split("\n").map((line) => Bun.stringWidth(line)));

describe("text", () => {
  test("is indented below its heading", () => {
    expect(plain("# Title\n\ntext\n\n## Part\n\ntext\n\n### Detail\n\ntext\n")).toBe(
      "Title\n\n    text\n\nPart\n\n    text\n\n  Detail\n\n    text\n",
    );
  });

  test.each([20, 40, 80, 100])("is broken at spaces to fit into %d columns", (width) => {
    const text = plain(WORDS, width);
    expect(longest(text)).toBeLessThanOrEqual(width);
    expect(longest(text)).toBeGreaterThan(width - 5);
    expect(text.split(/\s+/).join(" ").trim()).toBe(WORDS);
  });

  test.each([200, Infinity])("is never wider than 100 columns on a terminal of %d", (width) => {
    expect(longest(plain(WORDS, width))).toBeLessThanOrEqual(100);
    expect(longest(plain(WORDS, width))).toBeGreaterThan(90);
  });

  test("keeps a word that is wider than the terminal in one piece, such as a URL to copy", () => {
    const url = `https://example.com/${"x".repeat(60)}`;
    expect(plain(`before ${url} after`, 40).split("\n")).toContain(`    ${url}`);
  });

  test("has no line that ends with a space", () => {
    expect(coloured(`- ${WORDS}\n\n> a\n>\n> b\n\n\`\`\`\na\n\nb\n\`\`\`\n`)).not.toMatch(/ $/m);
  });
});

describe("without colours", () => {
  test("there are neither marks of Markdown nor escape sequences", () => {
    const text = plain("# A `b`\n\n**bold** and *stressed* and `-code` and \\*\n");
    expect(text).toBe("A b\n\n    bold and stressed and -code and *\n");
  });
});

describe("with colours", () => {
  test("headings, code and strong text are bold, emphasised text is underlined", () => {
    expect(coloured("# A\n\n**b** *c* `d`\n")).toBe(
      "\x1b[1mA\x1b[22m\n\n    \x1b[1mb\x1b[22m \x1b[4mc\x1b[24m \x1b[1md\x1b[22m\n",
    );
  });

  test("the end of code within strong text does not end the strong text", () => {
    expect(coloured("**a `b` c**\n")).toBe("    \x1b[1ma b c\x1b[22m\n");
  });

  test("a style ends with its line and begins again on the next one", () => {
    for (const line of coloured(`**${WORDS}**`, 40).trim().split("\n")) {
      expect(line.trim()).toStartWith("\x1b[1m");
      expect(line).toEndWith("\x1b[22m");
    }
  });

  test("lines break where they break without colours", () => {
    const markdown = `${WORDS} \`a b c\` **${WORDS}** [link](status.md)`;
    expect(Bun.stripANSI(coloured(markdown, 50))).toBe(plain(markdown, 50));
  });
});

describe("a link", () => {
  test.each([
    ["[when a gateway goes down](thresholds.md#fall)", "when a gateway goes down (help thresholds)"],
    ["[`help thresholds`](thresholds.md)", "help thresholds"],
    ["[Dynu](https://www.dynu.com/)", "Dynu (https://www.dynu.com/)"],
    ["<https://www.dynu.com/>", "https://www.dynu.com/"],
    ["[above](#limits)", "above"],
    ["[the licence](../../LICENSE)", "the licence"],
  ])("%s reads %s", (markdown, text) => {
    expect(plain(markdown).trim()).toBe(text);
  });
});

describe("a list", () => {
  test("has its later lines indented below the first", () => {
    expect(plain("- one two three\n- four\n", 14)).toBe("    - one two\n      three\n    - four\n");
  });

  test("with numbers aligns what follows them, from its first number on", () => {
    expect(plain("9. nine\n10. ten\n")).toBe("    9.  nine\n    10. ten\n");
  });

  test("within a list is indented below its item", () => {
    expect(plain("- one\n  - two\n  - three\n- four\n")).toBe("    - one\n      - two\n      - three\n    - four\n");
  });

  test("of paragraphs has blank lines between its items", () => {
    expect(plain("- one\n\n- two\n\n  more\n")).toBe("    - one\n\n    - two\n\n      more\n");
  });
});

test("code stays as it is, however long its lines are", () => {
  const line = `gateway-route-manager ${"-flag ".repeat(40)}`.trim();
  expect(plain(`\`\`\`sh\n${line}\n\n  indented\n\`\`\`\n`, 40)).toBe(`      ${line}\n\n        indented\n`);
});

test("a quotation is marked line by line", () => {
  expect(plain("> one two three\n", 15)).toBe("    | one two\n    | three\n");
});

describe("a table", () => {
  const TABLE = `| Name | Meaning |\n| --- | --- |\n| \`a\` | ${"word ".repeat(10).trim()} |\n| \`bb\` | short |\n`;

  test("has aligned columns", () => {
    expect(plain("| Name | N |\n| --- | ---: |\n| `a` | 1 |\n| bb | 22 |\n")).toBe(
      "    Name   N\n    a      1\n    bb    22\n",
    );
  });

  test("that is too wide has its widest column broken into lines", () => {
    expect(plain(TABLE, 48)).toBe(
      "    Name  Meaning\n" +
        "    a     word word word word word word word\n" +
        "          word word word\n" +
        "    bb    short\n",
    );
  });

  test("that has too little room for that is a list of its rows", () => {
    expect(plain(TABLE, 30)).toBe(
      "    a\n        word word word word\n        word word word word\n        word word\n\n    bb\n        short\n",
    );
  });

  test("of more than two columns names them in that list, and leaves out empty cells", () => {
    const row = `| x | ${"y".repeat(30)} | ${"z".repeat(30)} z |`;
    expect(plain(`| A | B | C |\n| - | - | - |\n${row}\n| q | | r |\n`, 44)).toBe(
      `    x\n        B: ${"y".repeat(30)}\n        C: ${"z".repeat(30)}\n          z\n\n    q\n        C: r\n`,
    );
  });

  test("may be wider than text on a wide terminal", () => {
    const text = plain(`| A | B |\n| - | - |\n| ${"a".repeat(90)} | ${"b".repeat(70)} |\n`, 200);
    expect(text.split("\n")[1]).toBe(`    ${"a".repeat(90)}  ${"b".repeat(70)}`);
  });
});
