/** Why a call of ours was refused; stable, to be compared by programs. */
export type PeertideErrorCode =
  /** An option of `Peertide.start` has a value that is not allowed; `option` names it. */
  | 'invalid-option'
  /** The instance was closed. */
  | 'closed';

/**
 * The only error that this package throws of its own accord. Trouble with
 * delivery is never thrown: it ends in a plain fetch.
 */
export class PeertideError extends Error {
  /** The same in all of them. */
  override readonly name = 'PeertideError';

  constructor(
    /** What went wrong, for programs. */
    readonly code: PeertideErrorCode,
    message: string,
    /** The option at fault, with `invalid-option`. */
    readonly option?: string,
  ) {
    super(message);
  }
}
