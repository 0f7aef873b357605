// Reads which frame of the film is shown, from its pixels. Every frame carries
// its number at the lower edge as a row of cells (demo/README.md, "The frame
// code"): white, black, twelve bits of the number, their twelve complements.

/** Where the cells are, in pixels of a film 1280 wide and 720 high. */
export const FRAME_CODE = Object.freeze({
  width: 1280, height: 720, left: 120, cellWidth: 40, cellHeight: 24, bits: 12,
});

/**
 * The number of the frame that `video` shows, or null where no valid code is
 * found (no frame yet, another film, a damaged picture). The film must be of
 * the page's own origin, or the canvas may not be read.
 */
export function readFrameNumber(video, code = FRAME_CODE) {
  const { videoWidth, videoHeight } = video;
  if (!videoWidth || !videoHeight) return null;
  const cells = 2 + 2 * code.bits;
  const scaleX = videoWidth / code.width;
  const scaleY = videoHeight / code.height;
  const canvas = document.createElement('canvas');
  canvas.width = cells;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  for (let i = 0; i < cells; i++) {
    // The middle half of each cell, so that blurred borders don't matter.
    context.drawImage(
      video,
      (code.left + (i + 0.25) * code.cellWidth) * scaleX, (code.height - 0.75 * code.cellHeight) * scaleY,
      0.5 * code.cellWidth * scaleX, 0.5 * code.cellHeight * scaleY,
      i, 0, 1, 1,
    );
  }
  const { data } = context.getImageData(0, 0, cells, 1);
  return decodeCells(Array.from({ length: cells }, (_, i) => data[4 * i + 1]), code.bits);
}

/** The number in the cells' brightnesses (0 to 255), or null. */
export function decodeCells(cells, bits = FRAME_CODE.bits) {
  if (cells.some((level) => level > 80 && level < 175)) return null;
  const on = cells.map((level) => (level >= 175 ? 1 : 0));
  if (on[0] !== 1 || on[1] !== 0) return null;
  let number = 0;
  for (let i = 0; i < bits; i++) {
    if (on[2 + i] === on[2 + bits + i]) return null;
    number = number * 2 + on[2 + i];
  }
  return number;
}
