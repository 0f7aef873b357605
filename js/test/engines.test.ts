// Who builds the package with a Node that package.json allows must not be the
// first to try, nor be warned by npm that something needs a newer one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Package {
  readonly engines?: { readonly node?: string };
}
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;
/** The oldest Node of a range like `>=18` or `^18.0.0 || >=20`. */
const oldest = (range: string) => Number(/\d+/.exec(range)![0]);

test('nothing that builds the package needs a newer Node than package.json says', () => {
  const least = oldest((read('package.json') as Package).engines!.node!);
  const { packages } = read('package-lock.json') as { packages: Record<string, Package> };
  const newer = Object.entries(packages).filter(([, { engines }]) => engines?.node !== undefined && oldest(engines.node) > least);
  assert.deepEqual(newer.map(([name, { engines }]) => `${name} ${engines!.node}`), []);
  assert.ok(Number(process.versions.node.split('.')[0]) >= least, 'the Node that runs this');
  assert.match(readFileSync('README.md', 'utf8'), new RegExp(`Node, ${least} or later,`));
});
