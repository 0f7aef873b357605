/** The site says that a file isn't there (any more). */
export class FileGone extends Error {}

/** A file of the site's, as it is now. Throws; {@link FileGone} where there is none. */
export async function fetchFile(url: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, { cache: 'no-cache', credentials: 'omit', signal });
  const { ok, status } = response;
  if (!ok) throw new (status === 404 || status === 410 ? FileGone : Error)(`${url}: HTTP status ${status}`);
  return new Uint8Array(await response.arrayBuffer());
}
