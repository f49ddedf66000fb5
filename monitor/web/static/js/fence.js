// What a fence says of itself: what it is, on what terms it holds (geofences/terms.py), and who says so.

import { look } from "./chart.js";
import { element, facts } from "./dom.js";
import { clock, course, day, span } from "./words.js";

const range = (least, most, unit) => {
  if (Number.isFinite(least) && Number.isFinite(most)) return `${least} to ${most} ${unit}`;
  if (Number.isFinite(least)) return `from ${least} ${unit}`;
  return Number.isFinite(most) ? `up to ${most} ${unit}` : null;
};
const size = (value, words) => (Number.isFinite(value) ? words(value) : null);
const listed = (words) => (Array.isArray(words) ? words.join(", ") : words);
const numbers = (mmsi) => (mmsi ?? "") && String(mmsi).split(",").map((one) => one.trim().padStart(9, "0")).join(", ");
const instant = (t) => `${day(t)} ${clock(t)}`;
const entered = (p) =>
  [
    size(p.enter_margin_m, (m) => `${m} m inside`),
    size(p.enter_reports, (n) => `after ${n} report${n === 1 ? "" : "s"} inside`),
    size(p.enter_after_s, (s) => `after ${span(s)} inside`),
  ].filter(Boolean).join(", or ");

/** What it is and on what terms it holds: names of properties, the word for them, what they say. */
const ROWS = [
  [["kind"], "Kind", (p) => look(p.kind)[0]],
  [["traffic_direction_deg"], "Direction", (p) => size(p.traffic_direction_deg, course)],
  [["is_disabled", "isIdle"], "In force", (p) => (p.is_disabled ? "no: disabled" : p.isIdle ? "not now" : null)],
  [["active_from"], "From", (p) => p.active_from],
  [["active_until"], "Until", (p) => p.active_until],
  [["schedule"], "Hours, UTC", (p) => listed(p.schedule)],
  [["classes"], "Vessels", (p) => listed(p.classes)],
  [["mmsi"], "MMSI", (p) => numbers(p.mmsi)],
  [["min_length_m", "max_length_m"], "Length", (p) => range(p.min_length_m, p.max_length_m, "m")],
  [["min_sog_kn", "max_sog_kn"], "Speed", (p) => range(p.min_sog_kn, p.max_sog_kn, "kn")],
  [["enter_margin_m", "enter_reports", "enter_after_s"], "Entered", entered],
  [["exit_margin_m"], "Left", (p) => size(p.exit_margin_m, (m) => `${m} m outside`)],
  [["direction"], "Crossed from", (p) => (p.direction === "both" ? "both sides" : p.direction)],
  [["min_angle_deg"], "Crossed at", (p) => size(p.min_angle_deg, (deg) => `${deg}° or more`)],
  [["cooldown_s"], "Cooldown", (p) => size(p.cooldown_s, span)],
  [["groups"], "Groups", (p) => listed(p.groups)],
  [["radius_m"], "Radius", (p) => size(p.radius_m, (m) => `${m} m`)],
  [["half_width_m"], "To each side", (p) => size(p.half_width_m, (m) => `${m} m`)],
  [["buffer_m", "buffer_of"], "Buffer", (p) => size(p.buffer_m, (m) => (p.buffer_of ? `${m} m about ${p.buffer_of}` : `${m} m`))],
  [["area_nm2"], "Area", (p) => size(p.area_nm2, (nm2) => `${nm2} nm²`)],
  [["t_drawn_unix_s", "drawn_by"], "Drawn", (p) => size(p.t_drawn_unix_s, instant)],
  [["t_changed_unix_s", "changed_by"], "Changed", (p) => size(p.t_changed_unix_s, (t) => `${instant(t)} by ${p.changed_by}`)],
];
/** Who says so. */
const WITNESSES = [
  [["authority"], "Authority", (p) => p.authority],
  [["source"], "Source", (p) => p.source],
  [["date"], "Date", (p) => p.date],
  [["licence"], "Licence", (p) => p.licence],
  [["accuracy_note"], "Accuracy", (p) => p.accuracy_note],
  [["id"], "Id", (p) => p.id],
];
const NAMED = new Set(["name", "geometry", ...[...ROWS, ...WITNESSES].flatMap(([names]) => names)]);

const told = (rows, p) => facts(rows.map(([, term, value]) => [term, value(p)]));
const folded = (words, isOpen, list) => element("details", { open: isOpen ? "" : null }, element("summary", {}, words), list);

/** The rows of a fence; who says so, folded where it is one of several; and the columns that mean nothing to the monitor. */
export function fenceParts(p, isAlone) {
  const others = Object.entries(p).filter(([name, value]) => !NAMED.has(name) && value !== null && typeof value !== "object");
  return [
    told(ROWS, p),
    folded("Source, licence, accuracy", isAlone, told(WITNESSES, p)),
    others.length ? folded("More from the file", false, facts(others.map(([name, value]) => [name, String(value)]))) : null,
  ];
}
