/** How many preferences each pool of several has, of which it does not need all. */
export const PREFERENCES_OF_POOL = 8;
