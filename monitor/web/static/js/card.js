// What is known of one vessel, or of the place that was clicked.

import { byId, element, facts } from "./dom.js";
import { fenceParts } from "./fence.js";
import { clock, course, day, metres, place, shipType, span, speed, status } from "./words.js";

const FLAGS = { mmsi_odd: "odd MMSI", time_untrusted: "time stamp not trusted", coarse: "coarse position", truncated: "message cut short", own_ship: "the receiver's own ship", beacon: "distress beacon", beacon_test: "beacon in test" };

const STATIONS = { a: "class A", b: "class B", base: "base station", aid: "aid to navigation", beacon: "distress beacon" };

const SOUGHT_S = 20;
const tracks = (b, nowUnixS) => b.tracks.map((t) => `${t.radar}/${t.track_no} ${span(nowUnixS - t.t_unix_s)} ago`).join("; ");

export class Card {
  /** buttonsOf(fence): what can be done to it, or null. */
  constructor(onClose, buttonsOf) {
    this.onClose = onClose;
    this.buttonsOf = buttonsOf;
    this.id = null;
    this.fenceIds = null; // of the fences that are shown
  }

  hide() {
    this.id = this.fenceIds = null;
    byId("card").hidden = true;
    this.onClose();
  }

  frame(title, subtitle, ...parts) {
    const whole = [
      element("button", { type: "button", class: "shut", "aria-label": "Close", onclick: () => this.hide() }, "×"),
      element("h3", {}, title),
      subtitle ? element("p", { class: "sub" }, subtitle) : null,
      ...parts,
    ];
    this.fenceIds = null;
    byId("card").replaceChildren(...whole.filter(Boolean));
    byId("card").hidden = false;
  }

  /** Ask the monitor for all it knows; returns the path of the vessel. */
  async vessel(id, nowUnixS) {
    this.id = id;
    const answer = await fetch(`/api/vessels/${id}`);
    if (this.id !== id) return null;
    if (!answer.ok) {
      this.frame("Gone from the picture", "It was not heard for so long that its track was ended.");
      return null;
    }
    const { vessel: v, radar, trail } = await answer.json();
    if (this.id !== id) return null;
    if (!v) {
      this.boat(radar, nowUnixS);
      return trail;
    }
    const mmsi = String(v.mmsi).padStart(9, "0");
    const what = [STATIONS[v.station_class] || v.station_class.replace("_", " "), shipType(v.ship_type)].filter(Boolean).join(", ");
    const flags = v.flags.map((flag) => FLAGS[flag]).filter(Boolean);
    const length = v.to_bow_m === null || v.to_stern_m === null ? null : v.to_bow_m + v.to_stern_m;
    const beam = v.to_port_m === null || v.to_starboard_m === null ? null : v.to_port_m + v.to_starboard_m;
    const hearers = v.hearers.map((h) => `${h.receiver} ${span(nowUnixS - h.t_unix_s)} ago`);
    this.frame(
      v.name.trim() || `MMSI ${mmsi}`,
      what,
      v.t_distress_unix_s === null ? null : element("p", { class: "warn" }, `Distress signal, last at ${clock(v.t_distress_unix_s)} (${v.n_distress} messages)`),
      v.t_jump_unix_s === null ? null : element("p", { class: "warn" }, `Position jumped ${v.jump_nm.toFixed(1)} nm at ${clock(v.t_jump_unix_s)}`),
      facts([
        ["Position", place(v.lat_deg, v.lon_deg)],
        ["Reported", v.t_unix_s === null ? null : `${clock(v.t_unix_s)}, ${span(nowUnixS - v.t_unix_s)} ago${v.is_coarse ? ", coarse (1/10 minute)" : ""}`],
        ["Speed", speed(v.sog_kn)],
        ["Course", course(v.cog_deg)],
        ["Heading", course(v.heading_deg)],
        ["Status", status(v.nav_status)],
        ["MMSI", mmsi],
        ["Call sign", v.callsign.trim()],
        ["IMO", v.imo ? String(v.imo) : ""],
        ["Length, beam", length ? `${metres(length)}, ${metres(beam)}` : ""],
        ["Draught", v.draught_m ? `${v.draught_m.toFixed(1)} m` : ""],
        ["Destination", v.destination.trim()],
        ["Seen since", v.t_first_unix_s === null ? null : `${day(v.t_first_unix_s)} ${clock(v.t_first_unix_s)}, ${v.n_fixes} positions`],
        ["Heard by", hearers.join("; ")],
        ["Radar", radar && radar.tracks.length ? `${tracks(radar, nowUnixS)}${radar.offset_m === null ? "" : `, ${metres(radar.offset_m)} from where AIS says`}` : ""],
        ["Same MMSI", v.other_ids.length ? `${v.other_ids.length} other track${v.other_ids.length > 1 ? "s" : ""}` : ""],
        ["Remarks", flags.join(", ")],
      ]),
    );
    return trail;
  }

  /** What only radar sees. */
  boat(b, nowUnixS) {
    const lost = nowUnixS - b.t_seen_unix_s;
    const isLost = lost > SOUGHT_S;
    const dark = b.t_dark_unix_s === null ? "not known: AIS is not well heard there" : `none, known since ${clock(b.t_dark_unix_s)}`;
    this.frame(
      b.label,
      "seen by radar only",
      isLost ? element("p", { class: "warn" }, `Not seen for ${span(lost)}. Shown where it was seen last.`) : null,
      b.is_ambiguous ? element("p", { class: "warn" }, "In doubt: a ship with AIS is so near that the echo may be hers.") : null,
      facts([
        ["Position", `${place(b.lat_deg, b.lon_deg)} ± ${metres(b.sigma_m)}`],
        [isLost ? "Last seen" : "Seen", `${clock(b.t_seen_unix_s)}, ${span(lost)} ago`],
        [isLost ? "Last speed" : "Speed", speed(b.sog_kn)],
        [isLost ? "Last course" : "Course", course(b.cog_deg)],
        ["Length", b.length_m === null ? "" : `about ${metres(b.length_m)}, as radar sees it`],
        ["AIS", dark],
        ["First seen", `${clock(b.t_first_unix_s)} at ${place(b.lat_first_deg, b.lon_first_deg)}`],
        ["Found again", b.t_again_unix_s === null ? "" : clock(b.t_again_unix_s)],
        ["Radar", tracks(b, nowUnixS) || "none follows it now"],
        ["Contacts", String(b.n_updates)],
      ]),
    );
  }

  fences(found) {
    this.id = null;
    if (!found.length) return this.hide();
    this.frame(
      "Chart",
      "",
      ...found.map((fence) => element("section", {}, element("b", {}, fence.name), ...fenceParts(fence, found.length === 1), this.buttonsOf(fence))),
    );
    this.fenceIds = found.map((fence) => fence.id);
  }
}
