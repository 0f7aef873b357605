/** A name that nobody else has. (A page without encryption has no crypto.randomUUID.) */
export function randomName(): string {
  return crypto.getRandomValues(new Uint32Array(2)).join('-');
}
