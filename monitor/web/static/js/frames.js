// The binary frames of monitor/web/frames.py: what changed on this screen since the frame before.

export const VERSION = 1;
const HEADER = 32;
const RECORD = 32;
const MISSING = 0xffff;
export const COARSE = 1, DEGRADED = 2, DISTRESS = 4, UNHEARD = 8, SEEN = 16, DOUBTED = 32, SOUGHT = 64;

const known = (value, scale = 1) => (value === MISSING ? null : value / scale);

/** {nowUnixS, nView, changed: [vessel], removed: [id]}; throws on a version that this page does not know. */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== VERSION) throw new Error("the monitor was updated: reload this page");
  const nChanged = view.getUint32(4, true), nRemoved = view.getUint32(8, true);
  const changed = new Array(nChanged), removed = new Array(nRemoved);
  let at = HEADER;
  for (let i = 0; i < nChanged; i++, at += RECORD) {
    changed[i] = {
      id: view.getFloat64(at, true),
      lat: view.getInt32(at + 8, true) / 1e7,
      lon: view.getInt32(at + 12, true) / 1e7,
      t: view.getUint32(at + 16, true),
      sog: known(view.getUint16(at + 20, true), 10),
      cog: known(view.getUint16(at + 22, true), 10),
      heading: known(view.getUint16(at + 24, true)),
      length: view.getUint16(at + 26, true),
      station: view.getInt8(at + 28),
      status: view.getInt8(at + 29),
      type: view.getUint8(at + 30),
      bits: view.getUint8(at + 31),
    };
  }
  for (let i = 0; i < nRemoved; i++, at += 8) removed[i] = view.getFloat64(at, true);
  return { nowUnixS: view.getFloat64(16, true), nView: view.getUint32(12, true), changed, removed };
}
