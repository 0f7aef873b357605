import { Consent } from '../generated/layout.ts';
import type { PolicyState } from '../shared/protocol.ts';
import { CONSENTS, type ConsentOption, type UploadOn } from './options.ts';

/** Below this charge, unplugged, the battery counts as low. */
const LOW_BATTERY = 0.2;

/** What Chromium tells beyond the DOM's common types. */
interface NetworkInformation extends EventTarget {
  readonly saveData?: boolean;
  readonly type?: string;
}
interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}
interface DeviceNavigator {
  readonly connection?: NetworkInformation;
  getBattery?(): Promise<Battery>;
}

/** What the page says of it. */
interface PolicyOptions {
  readonly consent: ConsentOption;
  readonly uploadOn: Required<UploadOn>;
  readonly uploadLimit: number;
  readonly uploadQuota: number;
}

/**
 * What this visitor gives to others at the moment: the page's options, lowered
 * to download-only while the device is in a state in which the page doesn't
 * want uploads. Browsers that don't tell a state are taken not to be in it.
 */
export class Policy {
  readonly #options: PolicyOptions;
  readonly #onChange: (state: PolicyState) => void;
  readonly #abort = new AbortController();
  readonly #connection = (navigator as DeviceNavigator).connection;
  #battery: Battery | undefined;
  #consent: ConsentOption;
  #told: number;

  constructor(options: PolicyOptions, onChange: (state: PolicyState) => void) {
    this.#options = options;
    this.#consent = options.consent;
    this.#onChange = onChange;
    this.#listen(document, 'visibilitychange');
    this.#listen(this.#connection, 'change');
    if (!options.uploadOn.lowBattery) void this.#watchBattery();
    this.#told = this.state.consent;
  }

  /** What holds now. */
  get state(): PolicyState {
    const wanted = CONSENTS.indexOf(this.#consent) as Consent;
    const consent = wanted === Consent.Granted && !this.#mayUpload ? Consent.DownloadOnly : wanted;
    const { uploadLimit, uploadQuota } = this.#options;
    return { consent, uploadLimit, uploadQuota };
  }

  /** The visitor has decided. */
  setConsent(consent: ConsentOption): void {
    this.#consent = consent;
    this.#check();
  }

  close(): void {
    this.#abort.abort();
  }

  get #mayUpload(): boolean {
    const on = this.#options.uploadOn;
    const battery = this.#battery;
    return (
      (on.hidden || document.visibilityState !== 'hidden') &&
      (on.saveData || !this.#connection?.saveData) &&
      (on.cellular || this.#connection?.type !== 'cellular') &&
      (on.lowBattery || !battery || battery.charging || battery.level >= LOW_BATTERY)
    );
  }

  async #watchBattery(): Promise<void> {
    try {
      this.#battery = await (navigator as DeviceNavigator).getBattery?.();
    } catch {
      return; // not allowed here: taken as full
    }
    this.#listen(this.#battery, 'levelchange');
    this.#listen(this.#battery, 'chargingchange');
    if (!this.#abort.signal.aborted) this.#check();
  }

  #listen(target: EventTarget | undefined, type: string): void {
    target?.addEventListener?.(type, () => this.#check(), { signal: this.#abort.signal });
  }

  #check(): void {
    const { state } = this;
    if (state.consent === this.#told) return;
    this.#told = state.consent;
    this.#onChange(state);
  }
}
