/* Functions that are kept apart: few inputs need them, and a compiler would put them into those
 * that every block needs. Engines compile again, for speed, whatever is used much, whole: without
 * this V8 did so with twice as much of the core. */
#ifndef PT_BASE_APART_H
#define PT_BASE_APART_H

#define PT_APART __attribute__((noinline))

#endif
