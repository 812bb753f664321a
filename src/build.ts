declare const BUILD_VERSION: string | undefined;
declare const BUILD_COMMIT: string | undefined;

/** The version of package.json, set by scripts/build. */
export const VERSION = typeof BUILD_VERSION === "string" ? BUILD_VERSION : "development";

/** The commit that was built. */
export const COMMIT = typeof BUILD_COMMIT === "string" ? BUILD_COMMIT : "unknown";
