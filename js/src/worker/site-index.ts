import { toUtf8 } from '../core/words.ts';
import type { AssetTuple } from '../shared/protocol.ts';
import { fetchFile, type FileGone } from './fetch-file.ts';
import { packIndex } from './packed-index.ts';
import type { Settings } from './settings.ts';

/** An entry of the index document, unchecked. */
export interface IndexAsset {
  readonly type?: unknown;
  readonly length?: unknown;
  readonly root?: unknown;
  readonly swarm?: unknown;
  readonly file?: unknown;
}

/** A swarm of the index document, unchecked. */
export interface IndexSwarm {
  readonly v2?: unknown;
  readonly v1?: unknown;
  readonly pieceLength?: unknown;
  readonly length?: unknown;
}

/** The index document as it may be; only what is JSON is sure. */
export interface IndexDocument {
  version?: unknown;
  assets?: Record<string, IndexAsset>;
  swarms?: Record<string, IndexSwarm>;
  shards?: Record<string, unknown>;
  settings?: unknown;
}

const SHARDS_MAX = 256;

/** A site's index: for the core, for another visit, and what may be asked for. */
export class SiteIndex {
  /** The document with all its shards merged in, as it is kept. */
  readonly json: Uint8Array;
  /** The same for the core, which says whether it is right. */
  readonly packed: Uint8Array;
  /** The site's settings for its visitors, unchecked. */
  readonly settings: unknown;
  /** Lengths of its swarms' pieces. */
  readonly pieceLengths: readonly number[];
  readonly #assets: readonly AssetTuple[];

  private constructor(document: IndexDocument, json: Uint8Array) {
    this.json = json;
    this.packed = packIndex(document);
    this.settings = document.settings;
    this.pieceLengths = Object.values(document.swarms ?? {}).map((swarm) => Number(swarm?.pieceLength));
    this.#assets = Object.entries(document.assets ?? {}).map(([path, asset]) => [
      path,
      Number(asset.length),
      String(asset.type ?? 'application/octet-stream'),
    ]);
  }

  /** An index that was kept (its `json`); throws where it isn't one. */
  static parse(json: Uint8Array): SiteIndex {
    return new SiteIndex(parse(json), json);
  }

  /** Fetches the index and its shards. Throws {@link FileGone} where the site has none. */
  static async load(url: string, signal: AbortSignal): Promise<SiteIndex> {
    const bytes = await fetchFile(url, signal);
    const document = parse(bytes);
    const shards = Object.values(document.shards ?? {}).slice(0, SHARDS_MAX);
    if (shards.length === 0) return new SiteIndex(document, bytes);
    const parts = await Promise.all(
      shards.map(async (location) => {
        const at = new URL(String(location), url);
        if (at.origin !== new URL(url).origin) throw new Error(`index of another origin: ${at}`);
        return parse(await fetchFile(at.href, signal));
      }),
    );
    const merged: IndexDocument = { ...document };
    merged.assets = Object.assign({}, document.assets, ...parts.map((part) => part.assets));
    merged.swarms = Object.assign({}, document.swarms, ...parts.map((part) => part.swarms));
    delete merged.shards;
    return new SiteIndex(merged, toUtf8(JSON.stringify(merged)));
  }

  /** The assets that visitors deliver. */
  select({ mediaTypes, excludeFormats }: Pick<Settings, 'mediaTypes' | 'excludeFormats'>): AssetTuple[] {
    const excluded = new Set(excludeFormats?.map((format) => format.toLowerCase().replace(/^\./, '')));
    return this.#assets.filter(
      ([path, , type]) =>
        (!mediaTypes || mediaTypes.includes(kindOf(type))) &&
        !excluded.has(/\.([^./]*)$/.exec(path)?.[1]?.toLowerCase() ?? ''),
    );
  }
}

/** The kind of a media type, as the option `mediaTypes` names it. */
export function kindOf(type: string): string {
  const essence = type.split(';')[0]!.trim().toLowerCase();
  const top = /^(image|video|audio|font)\//.exec(essence)?.[1];
  if (top !== undefined) return top;
  if (/^application\/(font-|vnd\.ms-fontobject$)/.test(essence)) return 'font';
  if (essence === 'text/css') return 'style';
  return /^(text|application)\/(x-)?(javascript|ecmascript)$/.test(essence) ? 'script' : 'other';
}

function parse(bytes: Uint8Array): IndexDocument {
  const document: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  if (typeof document !== 'object' || document === null) throw new Error('the index is no JSON object');
  return document as IndexDocument;
}
