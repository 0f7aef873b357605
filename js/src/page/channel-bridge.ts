/**
 * Forwards a data channel's frames over a port, for browsers that can't
 * transfer the channel to the worker (see worker/bridged-wire.ts).
 */
export class ChannelBridge {
  /** The worker's end. */
  readonly port: MessagePort;

  constructor(channel: RTCDataChannel) {
    const { port1, port2 } = new MessageChannel();
    this.port = port2;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = 0;
    // Browsers may give the first messages before they say that it is open.
    let early: ArrayBuffer[] | undefined = [];
    const open = () => {
      if (!early) return;
      const messages = early;
      early = undefined;
      port1.postMessage('open');
      for (const message of messages) port1.postMessage(message, [message]);
    };
    channel.onopen = open;
    channel.onbufferedamountlow = () => port1.postMessage('drained');
    channel.onclose = () => port1.postMessage('closed');
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!(data instanceof ArrayBuffer)) return;
      if (early) early.push(data);
      else port1.postMessage(data, [data]);
    };
    port1.onmessage = ({ data }: MessageEvent<ArrayBuffer | 'close'>) => {
      if (data === 'close') {
        channel.close();
        port1.close();
        return;
      }
      try {
        channel.send(data);
      } catch {
        channel.close();
        port1.postMessage('closed');
      }
    };
    // An announced channel may be open already.
    if (channel.readyState === 'open') open();
  }
}
