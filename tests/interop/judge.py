#!/usr/bin/python3
"""libtorrent (rasterbar, 2.x) as an independent judge of Peertide's torrents.

  judge.py read FILE.torrent...               what libtorrent reads from each
  judge.py make SOURCE OUT.torrent KIND       KIND: v2 or hybrid; SOURCE: file or folder
  judge.py download FILE.torrent FOLDER       fetches everything from the torrent's web seed

Each prints one JSON document. Nothing but loopback is used.
"""
import json
import os
import sys
import time

import libtorrent as lt

DOWNLOAD_SECONDS_MAX = 60


def describe(path):
    info = lt.torrent_info(path)
    hashes = info.info_hashes()
    files = info.files()
    out = {
        "name": info.name(),
        "pieceLength": info.piece_length(),
        "v2": str(hashes.v2) if hashes.has_v2() else None,
        "v1": str(hashes.v1) if hashes.has_v1() else None,
        "webSeeds": [seed["url"] for seed in info.web_seeds()],
        "files": [],
    }
    for number in range(files.num_files()):
        if files.file_flags(number) & lt.file_storage.flag_pad_file:
            continue
        root = files.root(number)
        out["files"].append({
            "path": files.file_path(number),
            "length": files.file_size(number),
            "root": str(root) if any(root.to_bytes()) else None,
        })
    return out


def make(source, out, kind):
    storage = lt.file_storage()
    lt.add_files(storage, source)
    # Hybrids are libtorrent's default.
    flags = lt.create_torrent.v2_only if kind == "v2" else 0
    torrent = lt.create_torrent(storage, 0, flags)
    lt.set_piece_hashes(torrent, os.path.dirname(os.path.abspath(source)))
    with open(out, "wb") as file:
        file.write(lt.bencode(torrent.generate()))
    return describe(out)


def download(path, folder):
    session = lt.session({
        "listen_interfaces": "127.0.0.1:0",
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "alert_mask": lt.alert.category_t.error_notification | lt.alert.category_t.status_notification,
    })
    parameters = lt.add_torrent_params()
    parameters.ti = lt.torrent_info(path)
    parameters.save_path = folder
    parameters.trackers = []
    handle = session.add_torrent(parameters)
    faults = []
    end = time.monotonic() + DOWNLOAD_SECONDS_MAX
    while not handle.status().is_seeding and time.monotonic() < end:
        session.wait_for_alert(250)
        faults += [alert.message() for alert in session.pop_alerts()
                   if alert.category() & lt.alert.category_t.error_notification]
    status = handle.status()
    return {"complete": status.is_seeding, "bytes": status.total_done, "faults": faults}


def main(arguments):
    match arguments:
        case ["read", *paths] if paths:
            return [describe(path) for path in paths]
        case ["make", source, out, ("v2" | "hybrid") as kind]:
            return make(source, out, kind)
        case ["download", path, folder]:
            return download(path, folder)
    sys.exit(__doc__)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:]), indent=2))
