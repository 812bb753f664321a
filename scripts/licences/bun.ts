/** What Bun's runtime links statically, as its LICENSE.md lists it: name, copyright holders, licences. */
export const PARTS: readonly (readonly [name: string, holders: string, licences: readonly string[]])[] = [
  ["Bun", "Oven and the contributors of Bun", ["MIT"]],
  ["JavaScriptCore and parts of WebKit", "Apple Inc. and others", ["LGPL-2.0", "BSD-2-Clause"]],
  ["TinyCC", "2001-2026 Fabrice Bellard and others", ["LGPL-2.1"]],
  ["BoringSSL", "The OpenSSL Project Authors, Google LLC, Eric Young and others", ["Apache-2.0", "ISC"]],
  ["ICU", "2016-2025 Unicode, Inc.; 1995-2016 International Business Machines Corporation", ["Unicode-3.0"]],
  ["mimalloc", "2018-2025 Microsoft Corporation, Daan Leijen", ["MIT"]],
  ["brotli", "2009, 2010, 2013-2016 by the Brotli Authors", ["MIT"]],
  ["c-ares", "1998 Massachusetts Institute of Technology; 2007-2024 Daniel Stenberg and contributors", ["MIT"]],
  ["libdeflate", "2016 Eric Biggers; 2024 Google LLC", ["MIT"]],
  ["ls-hpack, ls-qpack, lsquic", "2017-2026 LiteSpeed Technologies Inc", ["MIT"]],
  ["parts of lsquic, from Chromium", "2014 The Chromium Authors", ["BSD-3-Clause"]],
  ["picohttpparser", "2009-2014 Kazuho Oku, Tokuhiro Matsuno, Daisuke Murase, Shigeo Mitsunari", ["MIT"]],
  ["zstd", "2016-2026 Meta Platforms, Inc. and affiliates", ["BSD-3-Clause"]],
  ["lol-html", "2019 Cloudflare, Inc.; 2019 Ivan Nikulin", ["BSD-3-Clause"]],
  ["libwebp", "2010 Google Inc.", ["BSD-3-Clause"]],
  ["libspng", "2018-2021 Randy <randy408@protonmail.com>", ["BSD-2-Clause"]],
  ["libjpeg-turbo", "1991-2026 Thomas G. Lane, Guido Vollbeding, D. R. Commander and others", ["BSD-3-Clause", "Zlib"]],
  ["base64", "2005-2022 Nick Galbreath, Wojciech Mula, Matthieu Darbois, Alfred Klomp", ["BSD-2-Clause"]],
  ["libarchive", "2003-2026 Tim Kientzle and others", ["BSD-2-Clause"]],
  ["zlib-ng", "1995-2025 Jean-loup Gailly and Mark Adler", ["Zlib"]],
  ["simdutf", "2021 The simdutf authors", ["Apache-2.0"]],
  ["highway", "2019 Google LLC", ["Apache-2.0"]],
  ["uSockets, uWebSockets", "2018-2026 Alex Hultman", ["Apache-2.0"]],
  ["parts of TigerBeetle", "TigerBeetle, Inc. and the Bun authors", ["Apache-2.0"]],
  ["libc++abi (with the LLVM exception)", "the LLVM project's contributors", ["Apache-2.0"]],
  ["uucode", "2025 Jacob Sandlund", ["MIT"]],
  ["parts of esbuild", "2020 Evan Wallace", ["MIT"]],
  ["acorn, acorn-walk", "2012-2022 by various contributors", ["MIT"]],
  [
    "assert, browserify-zlib, buffer, constants-browserify, crypto-browserify, domain-browser, events, " +
      "https-browserify, os-browserify, path-browserify, process, punycode, querystring-es3, stream-browserify, " +
      "stream-http, string_decoder, timers-browserify, tty-browserify, url, util, vm-browserify",
    "Joyent, Inc. and other Node contributors, the authors of browserify, and others",
    ["MIT"],
  ],
];

/** What some of these licences want to be said beside their text. */
export const NOTICES = `JavaScriptCore, WebKit and TinyCC are under the Lesser (or Library) General Public Licence, whose texts follow. Their
sources, as Bun changed them, are at https://github.com/oven-sh/WebKit and https://github.com/oven-sh/tinycc. You may
change them and relink this program: build Bun with them as its LICENSE.md says, then this program's source with that
Bun (bun build --compile, as in scripts/build); you may reverse engineer it to debug such changes.
This software is based in part on the work of the Independent JPEG Group.
This product includes software developed by the OpenSSL Project for use in the OpenSSL Toolkit, and cryptographic
software written by Eric Young (eay@cryptsoft.com). SQLite is in the public domain.`;
