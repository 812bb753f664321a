/** A request as handlers see it: a `Request`, and who sends it. */
export interface Incoming extends Pick<Request, "method" | "url" | "headers"> {
  /** The address of the client; undefined where it is unknown. */
  readonly from?: string;
}

/** Answers requests for one path, whatever their method. */
export type Handler = (request: Incoming) => Response | Promise<Response>;

/** Handlers by their paths. */
export type Routes = Readonly<Record<string, Handler>>;
