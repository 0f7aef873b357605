/* PeerConnect's routes: folders of the site that the configuration names.
 *
 * Its users have their films in `videoRoute`, get them at /video/FILM.mp4, and
 * expect a torrent of each at /torrent/FILM.torrent (its page code asks there),
 * in their folders also at TORRENTROUTE/torrent/FILM.torrent. */
#ifndef PT_SERVER_ROUTE_H
#define PT_SERVER_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#define PT_ROUTE_SIZE 256u

/* Takes "./videos", "/videos/" or "videos" for the site path "videos", and "/"
 * or "." for ".", the site's own folder. False when it is none: it leads out of
 * the site, or nothing there would be served. */
bool pt_route_parse(const char *text, char out[PT_ROUTE_SIZE]);

/* The rest of a site path below a route, or NULL when it is not below it.
 * "" is no route: nothing is below it. */
const char *pt_route_rest(const char *route, const char *path);

/* The name of a video below videoRoute, or NULL when the path is none. */
const char *pt_route_video(const char *video_route, const char *path);

#endif
