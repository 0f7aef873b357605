// bittorrent-tracker's own server, WebSocket only, on a free port: prints the port.
import Server from 'bittorrent-tracker/server';

const server = new Server({ udp: false, http: false, ws: true, stats: false });
server.on('error', (error) => { throw error; });
server.on('warning', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.ws.address().port));
