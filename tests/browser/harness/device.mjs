// States of a visitor's device that a browser without a modem or a battery
// can't be put into: `installDevice` runs before a page's scripts, and
// `globalThis.device.set(...)` changes them as a real device would.
// It must not refer to anything outside itself: its source is what travels.

export function installDevice() {
  const connection = Object.assign(new EventTarget(), { type: 'wifi', saveData: false });
  const battery = Object.assign(new EventTarget(), { charging: true, level: 1 });
  Object.defineProperty(navigator, 'connection', { value: connection, configurable: true });
  Object.defineProperty(navigator, 'getBattery', { value: async () => battery, configurable: true });
  globalThis.device = {
    set(of, values) {
      const target = { connection, battery }[of];
      Object.assign(target, values);
      for (const type of of === 'battery' ? ['levelchange', 'chargingchange'] : ['change']) target.dispatchEvent(new Event(type));
    },
  };
}
