/* Keeps the site's index current: builds it on a worker thread, watches the
 * folder (inotify) and builds again when files change, or when another folder
 * takes its place. Everything here but the building itself happens on the
 * loop's thread. */
#ifndef PT_SERVER_INDEXER_H
#define PT_SERVER_INDEXER_H

#include "progress.h"
#include "site.h"
#include "site_root.h"

#include <uv.h>

typedef struct pt_indexer pt_indexer;

/* Called with the site whenever its content changed, the first time included.
 * The site belongs to the indexer and lives until the next call. */
typedef void (*pt_indexer_changed)(void *context, const pt_site *site);

/* Starts indexing the folder `root`, which must stay open until the indexer is
 * freed. `make` says how (its base_url is copied, what else it points to must
 * live as long); folder, watching and progress are the indexer's own. NULL when
 * out of memory. */
pt_indexer *pt_indexer_new(uv_loop_t *loop, pt_site_root *root, const pt_site_make *make,
                           pt_indexer_changed changed, void *context);

/* Follows the root's path: when it leads to another folder now, that one is
 * served from here on and indexed. To be called now and then: a turned link in
 * the middle of the path, say, is no event of a watched folder. */
void pt_indexer_follow(pt_indexer *indexer);

/* The newest site, or NULL while the first is not ready. */
const pt_site *pt_indexer_site(const pt_indexer *indexer);

/* Stops work and closes its handles; it is freed by the loop once they are
 * closed and the worker has let go (at the next piece it reads). */
void pt_indexer_stop(pt_indexer *indexer);

#endif
