import type { Port } from '../shared/port.ts';

/**
 * Forwards a data channel's events over a port, for browsers that can't
 * transfer the channel to the worker (see worker/bridged-channel.ts).
 */
export function bridge(channel: RTCDataChannel, port: Port): void {
  const close = () => {
    port.postMessage('close');
    port.close();
    channel.close();
  };
  channel.binaryType = 'arraybuffer';
  channel.bufferedAmountLowThreshold = 0;
  channel.onopen = () => port.postMessage('open');
  channel.onbufferedamountlow = () => port.postMessage('bufferedamountlow');
  channel.onclose = close;
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'object') port.postMessage(data, [data as ArrayBuffer]); // text is nothing of ours
  };
  port.onmessage = ({ data }: MessageEvent<ArrayBuffer | 'close'>) => {
    try {
      if (data === 'close') close();
      else channel.send(data);
    } catch {
      close();
    }
  };
  // An announced channel may be open already.
  if (channel.readyState === 'open') port.postMessage('open');
}
