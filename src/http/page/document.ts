import { bundlePage } from "./bundle.ts" with { type: "macro" };

const { html, styleHash, scriptHash } = bundlePage();

/** The status page: one document that requests nothing but the API. */
export const PAGE = html;

/** Headers by which a browser allows only the page's own script and style, and requests to its own origin. */
export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    "default-src 'none'",
    `script-src '${scriptHash}'`,
    `style-src '${styleHash}'`,
    "img-src data:", // the icon of the tab
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
