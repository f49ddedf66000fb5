// How times, places and codes are written. Times are UTC, positions degrees and decimal minutes.

export const clock = (t) => (Number.isFinite(t) ? new Date(t * 1000).toISOString().slice(11, 19) : "--:--:--");
export const day = (t) => (Number.isFinite(t) ? new Date(t * 1000).toISOString().slice(0, 10) : "");

/** 45 s, 12 min, 3 h 05 min */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 90) return `${s} s`;
  const minutes = Math.floor(s / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

function angle(deg, width, plus, minus) {
  const tenths = Math.round(Math.abs(deg) * 600);
  const whole = String(Math.floor(tenths / 600)).padStart(width, "0");
  return `${whole}°${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}′${deg < 0 ? minus : plus}`;
}
export const place = (lat, lon) =>
  lat === null || lat === undefined ? "position unknown" : `${angle(lat, 2, "N", "S")} ${angle(lon, 3, "E", "W")}`;

export const course = (deg) => (deg === null || deg === undefined ? "–" : `${String(Math.round(deg) % 360).padStart(3, "0")}°`);
export const speed = (kn) => (kn === null || kn === undefined ? "–" : `${kn.toFixed(1)} kn`);
export const metres = (m) => (m === null || m === undefined ? "–" : `${Math.round(m)} m`);

export const STATIONS = ["class A", "class B", "base station", "aid to navigation", "aircraft", "distress beacon", "auxiliary craft", "handheld", "radar only"];

const STATUS = [
  "under way using engine", "at anchor", "not under command", "restricted in her ability to manoeuvre", "constrained by her draught",
  "moored", "aground", "engaged in fishing", "under way sailing", "", "", "towing astern", "pushing or towing alongside", "",
  "AIS-SART, MOB or EPIRB active",
];
export const status = (code) => (code === null || code === undefined || code < 0 ? "" : STATUS[code] || `status ${code}`);

const SPECIAL = { 30: "fishing", 31: "towing", 32: "towing, long", 33: "dredging", 34: "diving", 35: "military", 36: "sailing", 37: "pleasure craft",
  50: "pilot", 51: "search and rescue", 52: "tug", 53: "port tender", 54: "anti-pollution", 55: "law enforcement", 58: "medical transport" };
const TENS = { 2: "wing in ground", 4: "high-speed craft", 6: "passenger", 7: "cargo", 8: "tanker", 9: "other" };
export const shipType = (code) => (!code ? "" : SPECIAL[code] || TENS[Math.floor(code / 10)] || `type ${code}`);

/** A colour group of the palette. */
export function group(vessel) {
  if (vessel.station === 5 || vessel.bits & 4) return "distress";
  if (vessel.station === 8) return "radar";
  if (vessel.station === 2 || vessel.station === 3) return "fixed";
  const type = vessel.type;
  if (type === 30) return "fishing";
  if (type === 36 || type === 37) return "pleasure";
  if ((type >= 31 && type <= 35) || (type >= 50 && type <= 59)) return "service";
  if (type >= 40 && type <= 49) return "fast";
  if (type >= 60 && type <= 69) return "passenger";
  if (type >= 70 && type <= 79) return "cargo";
  if (type >= 80 && type <= 89) return "tanker";
  return "other";
}
export const GROUPS = { radar: "seen by radar only, no AIS", cargo: "cargo", tanker: "tanker", passenger: "passenger", fast: "high-speed", fishing: "fishing", pleasure: "sailing, pleasure",
  service: "tug, pilot, rescue, military", other: "other or not known", fixed: "base station, aid", distress: "distress beacon" };
