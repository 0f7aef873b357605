/// <reference lib="webworker" />
import type { PageMessage, WorkerMessage } from '../shared/protocol.ts';
import { Host } from './host.ts';

/** The page's worker: the first message starts the node, the rest is for it. */
export function run(): void {
  const scope = self as unknown as DedicatedWorkerGlobalScope;
  const abort = new AbortController();
  /** What arrives while the core is being loaded. */
  const early: PageMessage[] = [];
  let host: Host | undefined;
  let giveCore: (core: ArrayBuffer | undefined) => void;
  const core = new Promise<ArrayBuffer | undefined>((resolve) => (giveCore = resolve));

  const post = (message: WorkerMessage, transfer?: Transferable[]) => scope.postMessage(message, transfer as Transferable[]);

  scope.onmessage = ({ data }: MessageEvent<PageMessage>) => {
    if (data.t === 'init') {
      Host.start(data, core, post, abort.signal).then(
        (started) => {
          host = started;
          for (const message of early.splice(0)) host.receive(message);
        },
        (error: unknown) => post({ t: 'dead', reason: String(error) }),
      );
    } else if (data.t === 'core') {
      giveCore(data.core);
    } else if (data.t === 'rest') {
      host?.rest(data.until);
    } else if (data.t === 'close') {
      abort.abort();
      host?.close();
      scope.close();
    } else if (host) {
      host.receive(data);
    } else {
      early.push(data);
    }
  };
}
