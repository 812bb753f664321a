/** The comment of the program's own records, where a provider keeps comments: what tells them from other records. */
export const OWN_COMMENT = "managed by gateway-route-manager";

/** What to do about an address that a record of others has at the name. */
export const ADOPT_REMEDY = "remove that record, or set -ddns-adopt to have all records of the name managed";
