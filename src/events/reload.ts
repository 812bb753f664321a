/** What comes of the configuration file while the service runs. */
export interface ReloadEvent {
  readonly type: "reload";
  /** Why the file was not taken; none where it was, also where it says what was so before. */
  readonly problems: readonly string[];
}
