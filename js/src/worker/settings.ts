/** Settings of the site for its visitors; undefined where it says nothing. */
export interface Settings {
  /** Kinds of assets that visitors deliver, out of image, video, audio, font, style, script, other. */
  readonly mediaTypes: readonly string[] | undefined;
  /** File name extensions that always come from the origin. */
  readonly excludeFormats: readonly string[] | undefined;
  /** Others that a swarm must have before this visitor looks for peers. */
  readonly threshold: number | undefined;
  /** Pictures above the fold come from the origin. */
  readonly foldLoading: boolean | undefined;
}

/** Settings as a server or an index says them: what is not of the right kind was not said. */
export function readSettings(value: unknown): Settings {
  const said = (value ?? {}) as Record<string, unknown>;
  const { threshold, foldLoading } = said;
  return {
    mediaTypes: strings(said['mediaTypes']),
    excludeFormats: strings(said['excludeFormats']),
    threshold: Number.isInteger(threshold) && Number(threshold) >= 0 ? Number(threshold) : undefined,
    foldLoading: typeof foldLoading === 'boolean' ? foldLoading : undefined,
  };
}

/** One out of several: each setting as the first says it who says it. */
export function mergeSettings(...all: readonly Settings[]): Settings {
  const merged = { ...all.at(-1)! };
  for (const name of Object.keys(merged) as (keyof Settings)[]) {
    Object.assign(merged, { [name]: all.find((each) => each[name] !== undefined)?.[name] });
  }
  return merged;
}

function strings(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}
