import { fromHex } from '../core/words.ts';

/** Who we are to other visitors: a DTLS certificate, used for all connections. */
export interface Identity {
  readonly certificate: RTCCertificate;
  /** SHA-256 over the certificate, 32 bytes. */
  readonly fingerprint: Uint8Array;
}

/** Makes a certificate and learns its fingerprint. */
export async function makeIdentity(): Promise<Identity> {
  const algorithm: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };
  const certificate = await RTCPeerConnection.generateCertificate(algorithm);
  const value = ownFingerprint(certificate) ?? (await offeredFingerprint(certificate));
  return { certificate, fingerprint: fromHex(value.replaceAll(':', '').toLowerCase()) };
}

function ownFingerprint(certificate: RTCCertificate): string | undefined {
  return certificate.getFingerprints?.().find(({ algorithm }) => algorithm === 'sha-256')?.value;
}

/** For browsers whose certificates don't tell: an offer has it. */
async function offeredFingerprint(certificate: RTCCertificate): Promise<string> {
  const connection = new RTCPeerConnection({ certificates: [certificate] });
  try {
    connection.createDataChannel('');
    const { sdp } = await connection.createOffer();
    const match = /^a=fingerprint:sha-256 ([0-9a-f:]{95})\s*$/im.exec(sdp ?? '');
    if (!match) throw new Error('no fingerprint in the offer');
    return match[1]!;
  } finally {
    connection.close();
  }
}
