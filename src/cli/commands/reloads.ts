import { statSync } from "node:fs";

import { loadConfig } from "../../config/load.ts";
import type { startSdNotify } from "../../service/sd-notify.ts";
import type { ReloadSource } from "../../service/reloader.ts";
import type { Service } from "../../service/service.ts";
import { HERE, type Invocation } from "./command.ts";

/** Reloads of the configuration file that signals and commands ask for. */
export class Reloads {
  readonly source: ReloadSource;
  #service: Service | undefined;
  #notified: ReturnType<typeof startSdNotify> | undefined;
  #isAsked = false;

  constructor({ flags }: Invocation) {
    this.source = {
      read: (placesOf) => loadConfig(flags, { ...AGAIN, placesOf }),
      onBegin: () => this.#notified?.reloading(),
      onEnd: () => this.#notified?.reloaded(),
    };
  }

  /** A signal asks for one. During the start it waits for its end. */
  ask(): void {
    this.#isAsked = true;
    void this.#service?.reload();
  }

  started(service: Service, notified: ReturnType<typeof startSdNotify>): void {
    this.#service = service;
    this.#notified = notified;
    if (this.#isAsked) void service.reload();
  }
}

/** What the start has read, to be read again. A pipe would hold up the whole service. */
const AGAIN: typeof HERE = {
  ...HERE,
  readFile: (path, flag) => fromFile(path, () => HERE.readFile(path, flag)),
  readConfig: (path) => fromFile(path, () => HERE.readConfig!(path)),
};

function fromFile<T>(path: string, read: () => T): T {
  if (!statSync(path).isFile()) throw new Error("it is no file, which a reload needs");
  return read();
}
