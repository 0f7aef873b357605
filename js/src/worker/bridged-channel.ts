import type { Port } from '../shared/port.ts';
import type { WireChannel } from './wire.ts';

/**
 * A data channel that stayed in the page, because this browser can't transfer
 * it: the page forwards its events over a port (see page/channel-bridge.ts).
 */
export function bridgedChannel(port: Port): WireChannel {
  const channel = {
    send: (bytes: Uint8Array) => {
      const { buffer } = bytes.slice();
      port.postMessage(buffer, [buffer]);
    },
    close: () => {
      port.postMessage('close');
      port.close();
    },
  } as WireChannel;
  port.onmessage = (event: MessageEvent<ArrayBuffer | 'open' | 'bufferedamountlow' | 'close'>) => {
    const { data } = event;
    if (data === 'close') port.close();
    const handle = channel[typeof data === 'string' ? (`on${data}` as 'onopen') : 'onmessage'] as typeof port.onmessage;
    handle?.(event);
  };
  return channel;
}
