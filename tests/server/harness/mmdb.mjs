// Writes a small database of places in MaxMind's format (version 2), IPv4 only:
//   mmdb([{ network: '127.1.0.0/16', latitude: 52.5, longitude: 13.4 }]) -> Buffer
// https://maxmind.github.io/MaxMind-DB/

const control = (type, size) => (type < 8 ? Buffer.from([(type << 5) | size]) : Buffer.from([size, type - 7]));
const text = (value) => Buffer.concat([control(2, value.length), Buffer.from(value)]);
const double = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return Buffer.concat([control(3, 8), bytes]);
};
const uint = (type, size) => (value) => {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, size > 6 ? size - 6 : 0, Math.min(size, 6));
  return Buffer.concat([control(type, size), bytes]);
};
const [uint16, uint32, uint64] = [uint(5, 2), uint(6, 4), uint(9, 8)];
const map = (entries) => Buffer.concat([control(7, Object.keys(entries).length),
  ...Object.entries(entries).flatMap(([key, value]) => [text(key), value])]);
const array = (values) => Buffer.concat([control(11, values.length), ...values]);

/** A tree with a node for each bit that matters: [what 0 leads to, what 1 leads to]. */
function treeOf(places) {
  const nodes = [[null, null]];
  for (const [number, { network }] of places.entries()) {
    const [address, length] = network.split('/');
    const bits = address.split('.').map((part) => Number(part).toString(2).padStart(8, '0')).join('');
    let node = nodes[0];
    for (let i = 0; i < length - 1; i++) {
      node[bits[i]] ??= nodes.push([null, null]) - 1;
      node = nodes[node[bits[i]]];
    }
    node[bits[length - 1]] = { number };
  }
  return nodes;
}

export function mmdb(places) {
  const nodes = treeOf(places);
  const offsets = [];
  let size = 0;
  const data = places.map(({ latitude, longitude }) => {
    const entry = map({ location: map({ latitude: double(latitude), longitude: double(longitude) }) });
    offsets.push(size);
    size += entry.length;
    return entry;
  });
  const record = (value) => {
    const bytes = Buffer.alloc(3);
    bytes.writeUIntBE(value === null ? nodes.length : typeof value === 'number' ? value
      : nodes.length + 16 + offsets[value.number], 0, 3);
    return bytes;
  };
  const metadata = map({ node_count: uint32(nodes.length), record_size: uint16(24), ip_version: uint16(4),
    database_type: text('Peertide-Test'), languages: array([]), binary_format_major_version: uint16(2),
    binary_format_minor_version: uint16(0), build_epoch: uint64(1_700_000_000), description: map({}) });
  return Buffer.concat([...nodes.flat().map(record), Buffer.alloc(16), ...data,
    Buffer.from('abcdef', 'hex'), Buffer.from('MaxMind.com'), metadata]);
}
