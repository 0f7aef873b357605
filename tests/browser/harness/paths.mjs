// Where the things under test are. Each can be moved by an environment
// variable, so that the same tests run against an installed copy.
import { fileURLToPath } from 'node:url';
import path from 'node:path';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
const at = (...parts) => path.join(root, ...parts);

export const peertideProgram = process.env.PEERTIDE_PROGRAM ?? at('build', 'native', 'peertide');
export const chromiumProgram = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const firefoxProgram = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
/** Where generated sites are kept between runs. */
export const siteCache = process.env.PEERTIDE_TEST_SITES ?? at('build', 'test-sites');
export const demoFolder = at('demo');
