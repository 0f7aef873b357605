/* strtod for the wasm build. libc's rounds correctly through 128-bit floats
 * that wasm has none of: 7 KB of software arithmetic after compression, a sixth
 * of the file, for a core whose only decimal numbers are lengths in JSON.
 *
 * Exact for up to 19 digits that make a number below 2^53, with a power of ten
 * up to 22; beyond that within a few units of the last place. No "inf", "nan"
 * or hexadecimal: JSON has none. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define MANTISSA_MAX (UINT64_MAX / 10 - 1) /* room for one more digit */
#define EXPONENT_MAX 10000                 /* far beyond what a double can hold */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Reads "e-12" at p, if it is that. Returns what follows. */
static const char *read_exponent(const char *p, int *exponent) {
  if (*p != 'e' && *p != 'E') return p;
  const char *digits = p + 1;
  bool negative = *digits == '-';
  if (*digits == '-' || *digits == '+') digits++;
  if (!is_digit(*digits)) return p;
  int value = 0;
  for (; is_digit(*digits); digits++) {
    if (value < EXPONENT_MAX) value = value * 10 + (*digits - '0');
  }
  *exponent += negative ? -value : value;
  return digits;
}

static double scale(double value, int exponent) {
  double power = 1;
  for (; exponent > 22 && value < 1e300; exponent--) value *= 10;
  for (; exponent < -22 && value > 0; exponent++) value /= 10;
  for (int i = exponent < 0 ? -exponent : exponent; i > 0 && power < 1e22; i--) power *= 10;
  return exponent < 0 ? value / power : value * power;
}

double strtod(const char *restrict text, char **restrict end) {
  const char *p = text;
  bool negative = *p == '-';
  if (*p == '-' || *p == '+') p++;
  uint64_t mantissa = 0;
  int exponent = 0;
  bool fraction = false, any = false;
  for (;; p++) {
    if (*p == '.' && !fraction) {
      fraction = true;
    } else if (is_digit(*p)) {
      any = true;
      bool kept = mantissa <= MANTISSA_MAX;
      if (kept) mantissa = mantissa * 10 + (uint64_t)(*p - '0');
      if (kept == fraction && exponent > -EXPONENT_MAX && exponent < EXPONENT_MAX) {
        exponent += fraction ? -1 : 1;
      }
    } else {
      break;
    }
  }
  if (!any) {
    if (end != NULL) *end = (char *)(uintptr_t)text;
    return 0;
  }
  p = read_exponent(p, &exponent);
  if (end != NULL) *end = (char *)(uintptr_t)p;
  double value = mantissa == 0 ? 0 : scale((double)mantissa, exponent);
  return negative ? -value : value;
}
