/** What a track file holds: a number, or variables for a shell. */
export const TRACK_FORMATS = ["number", "shell"] as const;

export type TrackFormat = (typeof TRACK_FORMATS)[number];
