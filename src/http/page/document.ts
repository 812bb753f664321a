import { bundlePage } from "./bundle.ts" with { type: "macro" };

const { html, styleHash, scriptHash } = bundlePage();

/** The status page: one document that asks for nothing but the API. */
export const PAGE = html;

/** What the page may do, for a browser to enforce: its own script and style, and requests to where it came from. */
export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    "default-src 'none'",
    `script-src '${scriptHash}'`,
    `style-src '${styleHash}'`,
    "img-src data:", // the picture in the tab
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
} as const;
