// A wrong range breaks seeking in every player.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesBytes, parseRange } from '../src/shared/range.ts';

test('the ranges that browsers send are read as RFC 9110 says', () => {
  const cases: [string, ReturnType<typeof parseRange>][] = [
    ['bytes=0-', { offset: 0, length: 1000 }],
    ['bytes=0-0', { offset: 0, length: 1 }],
    ['bytes=10-19', { offset: 10, length: 10 }],
    ['bytes=990-5000', { offset: 990, length: 10 }],
    ['bytes=-1', { offset: 999, length: 1 }],
    ['bytes=-5000', { offset: 0, length: 1000 }],
    ['Bytes = 1 - 2', { offset: 1, length: 2 }],
    ['bytes=1000-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', 'other'],
    ['bytes=-', 'other'],
    ['bytes=0-1,5-6', 'other'],
    ['items=0-1', 'other'],
    ['bytes=1e2-', 'other'],
    [`bytes=${'9'.repeat(30)}-`, 'other'],
  ];
  for (const [header, expected] of cases) assert.deepEqual(parseRange(header, 1000), expected, header);
  assert.equal(parseRange(null, 1000), 'whole');
});

test('a Content-Range is only believed when it is one', () => {
  for (const right of ['bytes 5-9/100', 'Bytes 5-9/100']) assert.ok(namesBytes(right, 5, 9, 100) && namesBytes(right, 5, 9), right);
  assert.ok(namesBytes('bytes 5-9/*', 5, 9) && !namesBytes('bytes 5-9/*', 5, 9, 100), 'a length that is not told');
  for (const wrong of [null, '', 'bytes */100', 'bytes 5-9', '5-9/100', 'bytes 5-10/100', 'bytes 4-9/100']) assert.ok(!namesBytes(wrong, 5, 9), wrong!);
  assert.ok(!namesBytes('bytes 5-9/101', 5, 9, 100), 'another file');
});
