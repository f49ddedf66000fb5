// The page: one link to the monitor, one map, one list.
//
//   Link ── frames ──> Vessels (canvas)      Chart (land, fences)
//     └──── messages ─> Incidents (list), receivers (strip), head

import { Card } from "./card.js";
import { Chart, smallestFirst } from "./chart.js";
import { Coverage } from "./coverage.js";
import { byId } from "./dom.js";
import { Drawing } from "./drawing.js";
import { decode } from "./frames.js";
import { Incidents, isNew, operator } from "./incidents.js";
import { drawLegend } from "./legend.js";
import { Link } from "./link.js";
import { palette, restoreTheme, switchTheme } from "./palette.js";
import { drawReceivers } from "./receivers.js";
import { Sound } from "./sound.js";
import { TRAILS_DRAWN, Vessels, toX, toY } from "./vessels.js";
import { clock, course, day, place, span, speed } from "./words.js";

const SILENT_S = 6; // the monitor speaks every two seconds even when the sea is quiet
const TRAILS_AT_ONCE = 300;
const asked = location.hash.match(/^#@(-?[\d.]+),(-?[\d.]+),([\d.]+)$/)?.slice(1).map(Number); // latitude, longitude, zoom
const pointedAt = () => location.hash.match(/^#incident=([\w-]+)$/)?.[1]; // a link from elsewhere
const HOME = [-1.2, 50.6, 2.6, 51.6];

restoreTheme();
const vessels = new Vessels(), chart = new Chart(showChart), coverage = new Coverage(), sound = new Sound();
const map = new ol.Map({
  target: "map",
  layers: [chart.layers[0], coverage.layer, ...chart.layers.slice(1), vessels.layer],
  view: new ol.View({ center: asked ? [toX(asked[1]), toY(asked[0])] : [toX(1.5), toY(51)], zoom: asked ? asked[2] : 10, minZoom: 3, maxZoom: 18, enableRotation: false }),
  controls: ol.control.defaults.defaults({ rotate: false, attributionOptions: { collapsible: true } }).extend([new ol.control.ScaleLine({ units: "nautical" })]),
});
const drawing = new Drawing(map, { began: () => card.hide(), changed: () => showFences(card.fenceIds) });
const card = new Card(() => select(null), (fence) => drawing.buttons(fence));
const incidents = new Incidents({ show: showIncident, changed: markIncidents, raised: (incident) => sound.play(incident.priority) });
let monitor = null, receivers = [], isFitted = false, canDraw = false, sought = pointedAt();
const isPlaced = Boolean(asked || sought);

// ---- the monitor speaks ----

const link = new Link({
  up: () => vessels.forget(),
  down: drawState,
  frame: (buffer) => {
    const frame = decode(buffer);
    vessels.apply(frame);
    drawClock(frame.nowUnixS);
    seek();
  },
  message: (message) => {
    if (message.type === "names") for (const [id, name] of message.names) vessels.names.set(id, name.trim());
    else if (message.type === "incidents") {
      incidents.take(message.incidents, message.is_all);
      seek();
    }
    else if (message.type === "receivers") drawReceivers((receivers = message.receivers), message.receivers.length ? monitor?.now_unix_s ?? NaN : NaN);
    else if (message.type === "state") {
      monitor = message;
      drawClock(monitor.now_unix_s);
      drawState();
      chart.follow(monitor.chart_version);
      if (chart.rest(monitor.idle_fences)) showFences(card.fenceIds);
    }
  },
});

function drawClock(nowUnixS) {
  byId("clock").textContent = `${clock(nowUnixS)} UTC`;
  byId("clock").title = day(nowUnixS);
  incidents.tick(nowUnixS);
  if (isFitted) return;
  if (vessels.byId.size) fit();
  else if (monitor?.focus && vessels.nView === 0 && vessels.nowUnixS > 0) goTo(monitor.focus);
}

/** What the screen is worth just now. A picture that stands still must never look like a quiet sea. */
function drawState() {
  const [words, banner, moves] = judge();
  byId("state").textContent = words;
  byId("state").className = banner ? "bad" : "good";
  byId("banner").hidden = !banner;
  byId("banner").textContent = banner;
  byId("map").classList.toggle("stale", Boolean(banner) && !monitor?.is_over && !moves);
  if (!monitor) return;
  const notices = [];
  if (monitor.chart_fault) notices.push(`The changed chart is refused and the one before it stays in force: ${monitor.chart_fault}`);
  if (monitor.refused_radars.length) notices.push(`Radar ${monitor.refused_radars.join(", ")}: not in the configuration ([[radars]]), so what it sees has no place and is not shown.`);
  byId("notice").hidden = !notices.length;
  byId("notice").textContent = notices.join(" ");
  const n = monitor.counts?.n_sentences ?? 0;
  const hidden = vessels.nView - vessels.byId.size;
  byId("counts").title = `${n.toLocaleString("en")} sentences so far`;
  byId("counts").textContent = `${monitor.n_vessels.toLocaleString("en")} vessels${hidden > 0 ? `, ${hidden.toLocaleString("en")} not shown: zoom in` : ""}`;
}

function judge() {
  if (!link.isUp) return ["not connected", `NOT CONNECTED to the monitor. This picture is from ${clock(monitor?.now_unix_s)} UTC and no longer moves.`];
  if (link.silentS > SILENT_S) return ["no picture", `NO PICTURE for ${span(link.silentS)}. What is shown is from ${clock(monitor?.now_unix_s)} UTC.`];
  if (!monitor) return ["connecting", ""];
  if (monitor.is_over) return ["recording ended", `The recording has ended at ${clock(monitor.now_unix_s)} UTC. Nothing moves any more.`];
  if (!monitor.is_watching) return ["NOT WATCHING", `NOT WATCHING: the pipeline has stood still for ${span(monitor.quiet_s)}. Tell the engineer on call.`];
  if (monitor.store_fault) return ["ALERTS NOT STORED", `ALERTS ARE NOT STORED: ${monitor.store_fault}. They are shown here, but not sent on, and a restart would lose them. Tell the engineer on call.`, true];
  return ["watching", ""];
}

// ---- the operator looks ----

function look() {
  const [west, south] = ol.proj.toLonLat(ol.extent.getBottomLeft(map.getView().calculateExtent()));
  const [east, north] = ol.proj.toLonLat(ol.extent.getTopRight(map.getView().calculateExtent()));
  const [dx, dy] = [(east - west) / 10, (north - south) / 10];
  const [lon, lat] = ol.proj.toLonLat(map.getView().getCenter());
  if (isFitted) history.replaceState(null, "", `#@${lat.toFixed(4)},${lon.toFixed(4)},${map.getView().getZoom().toFixed(2)}`);
  link.look([west - dx, south - dy, east + dx, north + dy]);
  setTimeout(loadTrails, 600);
}

async function loadTrails() {
  if (vessels.nDrawn > TRAILS_DRAWN) return;
  const extent = map.getView().calculateExtent();
  const ids = [...vessels.byId.values()].filter((v) => !v.hasTrail && ol.extent.containsXY(extent, v.x, v.y)).slice(0, TRAILS_AT_ONCE).map((v) => v.id);
  if (!ids.length) return;
  const answer = await fetch(`/api/trails?ids=${ids.join(",")}`);
  if (answer.ok) vessels.setTrails((await answer.json()).trails);
}

/** At the start: home waters where there is traffic in them, otherwise wherever the traffic is. */
function fit() {
  isFitted = true;
  if (isPlaced) return;
  const extent = ol.extent.createEmpty();
  const moving = [...vessels.byId.values()].filter((v) => v.station < 2);
  const home = ol.proj.transformExtent(HOME, "EPSG:4326", "EPSG:3857");
  const near = moving.filter((v) => ol.extent.containsXY(home, v.x, v.y));
  const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const wanted = near.length >= moving.length / 4 ? near : moving;
  if (!wanted.length) return;
  const [x, y] = [middle(wanted.map((v) => v.x)), middle(wanted.map((v) => v.y))];
  const limit = 120000;
  for (const v of wanted) if (Math.abs(v.x - x) < limit && Math.abs(v.y - y) < limit) ol.extent.extend(extent, [v.x, v.y, v.x, v.y]);
  if (!ol.extent.isEmpty(extent)) map.getView().fit(extent, { padding: [40, 40, 40, 40], maxZoom: 11.5 });
}

/** No vessel is in home waters: look where most of them are. */
function goTo([west, south, east, north]) {
  isFitted = true;
  if (isPlaced) return;
  const box = ol.proj.transformExtent([west, south, east, north], "EPSG:4326", "EPSG:3857");
  map.getView().fit(box, { padding: [60, 60, 60, 60], maxZoom: 11.5 });
}

async function select(id) {
  vessels.selected = id;
  vessels.layer.changed();
  if (id === null) return;
  const trail = await card.vessel(id, vessels.nowUnixS);
  if (trail) vessels.setTrails({ [id]: trail });
}

/** The card of these fences, or none; null leaves it as it is. */
function showFences(ids) {
  if (ids) card.fences(smallestFirst(drawing.of(ids, chart.of(ids))));
}

/** Other fences are in force: what tells of fences tells of these. */
function showChart() {
  drawLegend(chart.kinds());
  if (canDraw) drawing.load();
  else showFences(card.fenceIds);
}

function showIncident(incident) {
  const vessel = vessels.byId.get(incident.subject.target_id);
  if (incident.subject.target_id > 0) select(incident.subject.target_id);
  const at = vessel ? [vessel.x, vessel.y] : incident.lat_deg === null ? null : [toX(incident.lon_deg), toY(incident.lat_deg)];
  if (at) map.getView().animate({ center: at, zoom: Math.max(map.getView().getZoom(), 11.5), duration: 300 });
}

/** Open the incident that the address names, once the monitor has told what there is and what time it is. */
function seek() {
  if (!sought || incidents.isFirst || !(vessels.nowUnixS > 0)) return;
  if (!incidents.reveal(sought)) card.frame(`Incident ${sought}`, "not known to this monitor");
  sought = null;
}

function markIncidents(all) {
  vessels.rings.clear();
  vessels.marks = [];
  for (const incident of all) {
    if (incident.state === "closed") continue;
    const mark = { priority: incident.priority, isNew: isNew(incident) };
    if (incident.subject.target_id > 0) vessels.rings.set(incident.subject.target_id, mark);
    else if (incident.lat_deg !== null) vessels.marks.push({ ...mark, x: toX(incident.lon_deg), y: toY(incident.lat_deg) });
  }
  vessels.layer.changed();
}

map.on("moveend", look);
addEventListener("hashchange", () => {
  sought = pointedAt();
  seek();
});
map.on("singleclick", (event) => {
  if (drawing.takesClicks) return;
  const vessel = vessels.at(map, event.pixel);
  if (vessel) select(vessel.id);
  else {
    vessels.selected = null;
    showFences([...chart.at(map, event.pixel), ...drawing.at(event.pixel)]);
  }
});
map.on("pointermove", (event) => {
  const [lon, lat] = ol.proj.toLonLat(event.coordinate);
  byId("pointer").textContent = place(lat, lon);
  const vessel = event.dragging ? null : vessels.at(map, event.pixel);
  const tip = byId("tip");
  tip.hidden = !vessel;
  map.getTargetElement().style.cursor = vessel ? "pointer" : "";
  if (vessel) {
    tip.textContent = `${vessels.label(vessel.id)}  ${speed(vessel.sog)}  ${course(vessel.cog)}  ${span(vessels.nowUnixS - vessel.t)} ago`;
    tip.style.transform = `translate(${event.pixel[0] + 14}px, ${event.pixel[1] + 14}px)`;
  }
});

// ---- head ----

function drawTheme() {
  const isDay = document.documentElement.dataset.theme === "day";
  byId("theme").textContent = isDay ? "Night" : "Day";
  map.getTargetElement().style.backgroundColor = palette().sea;
  chart.repaint();
  vessels.layer.changed();
  drawLegend(chart.kinds());
}

byId("theme").addEventListener("click", () => {
  switchTheme();
  drawTheme();
});
byId("sound").addEventListener("click", () => {
  byId("sound").textContent = sound.toggle() ? "Sound on" : "Sound off";
  byId("sound").setAttribute("aria-pressed", String(sound.isOn));
});
byId("operator").addEventListener("click", () => operator(true));
const watch = localStorage.getItem("operator");
if (watch) byId("operator").textContent = `Watch: ${watch}`;

setInterval(() => {
  drawState();
  if (receivers.length && monitor) drawReceivers(receivers, monitor.now_unix_s);
  if (card.id !== null && vessels.byId.has(card.id)) card.vessel(card.id, vessels.nowUnixS);
  loadTrails();
}, 3000);

fetch("/api/page").then(async (answer) => {
  const page = await answer.json();
  byId("title").textContent = page.title;
  byId("exercise").hidden = !page.is_exercise;
  canDraw = page.can_draw;
  byId("draw").hidden = !canDraw;
  incidents.grafanaUrl = page.grafana_url;
  incidents.draw();
  if (canDraw) drawing.load();
});
drawTheme();
chart.load();
window.straitwatch = { map, vessels, incidents, link, chart, coverage, drawing }; // for the browser's console, and the tests
