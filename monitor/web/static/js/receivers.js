// The strip below the map: how well each receiver hears. A receiver that is ill is a hole in the picture.

import { byId, element } from "./dom.js";
import { clock, span } from "./words.js";

const WORDS = { up: "hears well", degraded: "hears less than usual", down: "SILENT", starting: "not judged yet" };
const RANK = { down: 0, degraded: 1, starting: 2, up: 3 };

export function drawReceivers(receivers, nowUnixS) {
  const stationsOf = new Map();
  for (const one of receivers) if (!one.is_source) stationsOf.set(one.source, [...(stationsOf.get(one.source) || []), one]);
  // a feed that is one station and nothing else is one receiver: its own row would say the same twice
  const isTwin = (feed) => stationsOf.get(feed.source)?.length === 1 && stationsOf.get(feed.source)[0].t_heard_unix_s === feed.t_heard_unix_s;
  const shown = receivers.filter((one) => !one.is_source || !isTwin(one));
  shown.sort((a, b) => RANK[a.state] - RANK[b.state] || a.source.localeCompare(b.source) || a.station.localeCompare(b.station));
  byId("receivers").replaceChildren(...shown.map((one) => chip(one, nowUnixS)));
}

/** What people call it: a radar by its name in the configuration, not by its number on the wire. */
const named = (one) => one.radar || one.station || one.source;

function chip(one, nowUnixS) {
  const silent = nowUnixS - one.t_heard_unix_s;
  const rate = one.state === "down" ? `silent for ${span(silent)}` : `${Math.round(one.rate_per_min)}/min`;
  const usual = one.expected_rate_per_min === null ? "not known yet" : `${Math.round(one.expected_rate_per_min)}/min`;
  const title = [
    [one.radar ? "radar" : one.is_source ? "feed" : "receiver", named(one), one.station && one.station !== named(one) ? `(${one.station})` : "", one.station ? `of ${one.source}` : ""].filter(Boolean).join(" "),
    `${WORDS[one.state]} since ${clock(one.t_state_unix_s)}`,
    `last heard ${clock(one.t_heard_unix_s)}, usual rate ${usual}`,
    `${one.n_vessels} vessels in ten minutes, bad checksums ${(100 * one.bad_checksum_share).toFixed(1)} %`,
    one.clock_skew_s === null ? "" : `clock ${one.clock_skew_s.toFixed(1)} s off`,
  ];
  return element("li", { class: one.state, title: title.filter(Boolean).join("\n") }, element("b", {}, named(one)), ` ${WORDS[one.state]}, ${rate}`);
}
