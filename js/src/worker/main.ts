/** Entry of the worker's script where it is a file of its own. */
import { run } from './run.ts';

run();
