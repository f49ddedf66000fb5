// Every vessel of the screen, and the canvas that shows them.
//
//   under way      stopped      aid, base      beacon        lost (no report for LOST_S)
//      /\             o            <>            (+)             /\ with a bar
//     /  \  ── where it will be in VECTOR_MIN minutes
//
//   seen by radar only: (·), a circle with a dot (IEC 62288, tracked target); lost and searched for: a broken circle
//
// Drawn by hand on one canvas, one path for each colour: 5,000 symbols take a few milliseconds where one object for
// each takes hundreds. Nothing is extrapolated: a symbol stands where its last report said, and grows pale with age.

import { COARSE, DEGRADED, DISTRESS, SOUGHT } from "./frames.js";
import { PRIORITY, palette } from "./palette.js";
import { GROUPS, group } from "./words.js";

const VECTOR_MIN = 6;
const STOPPED_KN = 0.5;
const PALE_S = 180, LOST_S = 600;
const TRAIL_POINTS = 90, TRAIL_APART_S = 20;
const LABELS = 160, LABEL_ROW_PX = 13;
export const TRAILS_DRAWN = 1500; // more would hide what they are for
const LABELS_BELOW_M = 300;
const HIT_PX = 14;
const RADIUS_M = 6378137;
const FIXED = new Set([2, 3]);
const RADAR = 8;

export const toX = (lon) => (lon * Math.PI * RADIUS_M) / 180;
export const toY = (lat) => RADIUS_M * Math.log(Math.tan(Math.PI / 4 + (Math.max(-85, Math.min(85, lat)) * Math.PI) / 360));

export class Vessels {
  constructor() {
    this.byId = new Map();
    this.names = new Map();
    this.nowUnixS = NaN;
    this.nView = 0;
    this.selected = null;
    this.rings = new Map(); // target id -> {priority, isNew}
    this.marks = []; // incidents without a vessel: {x, y, priority, isNew, label}
    this.drawMs = 0;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "vessels";
    this.layer = new ol.layer.Layer({ render: (frame) => this.draw(frame) });
  }

  forget() {
    this.byId.clear();
    this.names.clear();
  }

  apply(frame) {
    this.nowUnixS = frame.nowUnixS;
    this.nView = frame.nView;
    for (const fresh of frame.changed) {
      const before = this.byId.get(fresh.id);
      fresh.x = toX(fresh.lon);
      fresh.y = toY(fresh.lat);
      fresh.group = group(fresh);
      fresh.trail = before ? before.trail : [];
      fresh.hasTrail = before ? before.hasTrail : false;
      const newest = fresh.trail[fresh.trail.length - 1];
      if (!newest || fresh.t - newest[0] >= TRAIL_APART_S) {
        fresh.trail.push([fresh.t, fresh.x, fresh.y]);
        if (fresh.trail.length > TRAIL_POINTS) fresh.trail.shift();
      }
      this.byId.set(fresh.id, fresh);
    }
    for (const id of frame.removed) this.byId.delete(id);
    this.layer.changed();
  }

  /** Paths as the monitor keeps them: {id: [[t, lat, lon], ...]}. */
  setTrails(trails) {
    for (const [id, points] of Object.entries(trails)) {
      const vessel = this.byId.get(Number(id));
      if (vessel) {
        const since = points.length ? points[points.length - 1][0] : 0;
        const later = vessel.trail.filter((point) => point[0] > since);
        vessel.trail = points.map(([t, lat, lon]) => [t, toX(lon), toY(lat)]).concat(later);
        vessel.hasTrail = true;
      }
    }
    this.layer.changed();
  }

  label(id) {
    return this.names.get(id) || String(Math.floor(id / 8)).padStart(9, "0");
  }

  /** The vessel nearest to a pixel, or null. */
  at(map, pixel) {
    const resolution = map.getView().getResolution();
    const [x, y] = map.getCoordinateFromPixel(pixel);
    let best = null, nearest = (HIT_PX * resolution) ** 2;
    for (const vessel of this.byId.values()) {
      const d = (vessel.x - x) ** 2 + (vessel.y - y) ** 2;
      if (d < nearest) [best, nearest] = [vessel, d];
    }
    return best;
  }

  draw(frame) {
    const began = performance.now();
    const [width, height] = frame.size, ratio = frame.pixelRatio;
    const { center, resolution } = frame.viewState;
    const canvas = this.canvas;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    const toPx = (x, y) => [(x - center[0]) / resolution + width / 2, (center[1] - y) / resolution + height / 2];
    const visible = [];
    for (const vessel of this.byId.values()) {
      const [px, py] = toPx(vessel.x, vessel.y);
      if (px > -40 && py > -40 && px < width + 40 && py < height + 40) {
        vessel.px = px;
        vessel.py = py;
        visible.push(vessel);
      }
    }
    const size = Math.max(5, Math.min(11, 14 - Math.log2(Math.max(resolution, 1))));
    this.drawTrails(ctx, visible.length <= TRAILS_DRAWN ? visible : visible.filter((v) => v.id === this.selected || this.rings.has(v.id)), toPx);
    this.drawSymbols(ctx, visible, size, resolution);
    this.drawRings(ctx, size, toPx);
    if (resolution < LABELS_BELOW_M) this.drawLabels(ctx, visible, size);
    this.drawMs = performance.now() - began;
    this.nDrawn = visible.length;
    return canvas;
  }

  drawTrails(ctx, visible, toPx) {
    const colours = palette();
    ctx.lineWidth = 1.2;
    for (const name of Object.keys(GROUPS)) {
      ctx.strokeStyle = colours[name] + colours.trail;
      ctx.beginPath();
      for (const vessel of visible) {
        if (vessel.group !== name || vessel.trail.length < 2) continue;
        ctx.moveTo(...toPx(vessel.trail[0][1], vessel.trail[0][2]));
        for (const [, x, y] of vessel.trail) ctx.lineTo(...toPx(x, y));
        ctx.lineTo(vessel.px, vessel.py);
      }
      ctx.stroke();
    }
  }

  drawSymbols(ctx, visible, size, resolution) {
    const colours = palette();
    const piles = new Map();
    for (const vessel of visible) {
      const age = FIXED.has(vessel.station) ? 0 : this.nowUnixS - vessel.t;
      vessel.age = age;
      // what is searched for does not grow pale: nothing on this screen matters more
      const pile = `${vessel.group} ${age > PALE_S && !(vessel.bits & SOUGHT) ? "pale" : ""}`;
      if (!piles.has(pile)) piles.set(pile, []);
      piles.get(pile).push(vessel);
    }
    for (const [pile, vessels] of piles) {
      const [name, pale] = pile.split(" ");
      ctx.globalAlpha = pale ? 0.45 : 1;
      this.drawPile(ctx, vessels, size, resolution, colours[name], colours);
    }
    ctx.globalAlpha = 1;
  }

  drawPile(ctx, vessels, size, resolution, colour, colours) {
    ctx.lineWidth = 1.3;
    ctx.strokeStyle = colours.vector;
    ctx.beginPath();
    for (const vessel of vessels) vectorPath(ctx, vessel, resolution);
    ctx.stroke();
    ctx.fillStyle = colour;
    ctx.strokeStyle = colours.halo;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const vessel of vessels) if (vessel.station !== RADAR && !isHollow(vessel)) symbolPath(ctx, vessel, size);
    ctx.fill();
    ctx.stroke();
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.8;
    ctx.beginPath();
    for (const vessel of vessels) {
      if (vessel.station === RADAR) radarPath(ctx, vessel, size * 0.8);
      else if (isHollow(vessel)) symbolPath(ctx, vessel, size * 0.85);
      if (vessel.age > LOST_S && vessel.station !== RADAR) {
        ctx.moveTo(vessel.px - size, vessel.py + size);
        ctx.lineTo(vessel.px + size, vessel.py - size);
      }
    }
    ctx.stroke();
  }

  drawRings(ctx, size, toPx) {
    const ring = (px, py, { priority, isNew }, radius) => {
      ctx.strokeStyle = PRIORITY[priority];
      ctx.lineWidth = isNew ? 3 : 1.6;
      ctx.beginPath();
      ctx.arc(px, py, radius, 0, 2 * Math.PI);
      if (isNew) ctx.moveTo(px + radius + 5, py), ctx.arc(px, py, radius + 5, 0, 2 * Math.PI);
      ctx.stroke();
    };
    for (const [id, mark] of this.rings) {
      const vessel = this.byId.get(id);
      if (vessel) ring(...toPx(vessel.x, vessel.y), mark, size + 7);
    }
    ctx.font = "600 12px system-ui, sans-serif";
    for (const mark of this.marks) {
      const [px, py] = toPx(mark.x, mark.y);
      ring(px, py, mark, size + 7);
      ctx.fillStyle = PRIORITY[mark.priority];
      ctx.fillText("!", px - 2, py + 4);
    }
    const chosen = this.selected !== null && this.byId.get(this.selected);
    if (chosen) {
      const [px, py] = toPx(chosen.x, chosen.y), r = size + 5;
      ctx.strokeStyle = palette().text;
      ctx.lineWidth = 1.6;
      ctx.beginPath();
      for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]]) {
        ctx.moveTo(px + sx * r, py + sy * (r - 5));
        ctx.lineTo(px + sx * r, py + sy * r);
        ctx.lineTo(px + sx * (r - 5), py + sy * r);
      }
      ctx.stroke();
    }
  }

  drawLabels(ctx, visible, size) {
    const colours = palette();
    const weight = (v) => (v.station === RADAR ? 500 : 0) + (v.id === this.selected ? 1e6 : 0) + (this.rings.has(v.id) ? 1e5 : 0) + (v.bits & DISTRESS ? 1e4 : 0) + v.length + (v.sog || 0);
    const wanted = visible.filter((v) => !FIXED.has(v.station) && (this.names.get(v.id) || this.rings.has(v.id)));
    wanted.sort((a, b) => weight(b) - weight(a) || a.id - b.id);
    ctx.font = "11px system-ui, sans-serif";
    ctx.fillStyle = colours.text;
    ctx.strokeStyle = colours.halo;
    ctx.lineWidth = 3;
    const taken = new Map(); // row of 16 px -> [left, right] of every label that touches it
    const isFree = (row, left, right) => !(taken.get(row) || []).some(([a, b]) => left < b && right > a);
    let n = 0;
    for (const vessel of wanted) {
      if (n >= LABELS) break;
      const text = this.label(vessel.id);
      const left = vessel.px + size + 4, right = left + ctx.measureText(text).width + 4;
      const rows = [Math.floor((vessel.py - 6) / LABEL_ROW_PX), Math.floor((vessel.py + 6) / LABEL_ROW_PX)];
      if (!rows.every((row) => isFree(row, left, right))) continue;
      for (const row of rows) taken.set(row, [...(taken.get(row) || []), [left, right]]);
      ctx.strokeText(text, left, vessel.py + 4);
      ctx.fillText(text, left, vessel.py + 4);
      n++;
    }
  }
}

const isMoving = (v) => v.sog !== null && v.sog >= STOPPED_KN && (v.cog !== null || v.heading !== null);
const isHollow = (v) => v.station === 1 || v.station === 6 || v.station === 7 || (v.bits & (COARSE | DEGRADED)) !== 0;

/** What only radar sees; of what it has lost the circle is broken. */
function radarPath(ctx, vessel, r) {
  const { px, py } = vessel;
  const parts = vessel.bits & SOUGHT ? 4 : 1, share = parts === 1 ? 2 * Math.PI : Math.PI / 3.2;
  for (let k = 0; k < parts; k++) {
    const from = (k * Math.PI) / 2 + 0.3;
    ctx.moveTo(px + r * Math.cos(from), py + r * Math.sin(from));
    ctx.arc(px, py, r, from, from + share);
  }
  ctx.moveTo(px + 1, py);
  ctx.arc(px, py, 1, 0, 2 * Math.PI);
}

function vectorPath(ctx, vessel, resolution) {
  if (!isMoving(vessel) || vessel.cog === null || vessel.age > PALE_S) return;
  const metres = vessel.sog * 0.514444 * 60 * VECTOR_MIN;
  const px = metres / (resolution * Math.cos((vessel.lat * Math.PI) / 180));
  if (px < 8) return;
  const angle = (vessel.cog * Math.PI) / 180;
  ctx.moveTo(vessel.px, vessel.py);
  ctx.lineTo(vessel.px + px * Math.sin(angle), vessel.py - px * Math.cos(angle));
}

function symbolPath(ctx, vessel, size) {
  const { px, py } = vessel;
  if (vessel.station === 5 || vessel.bits & DISTRESS) {
    ctx.moveTo(px + size, py);
    ctx.arc(px, py, size, 0, 2 * Math.PI);
    ctx.moveTo(px - size, py), ctx.lineTo(px + size, py);
    ctx.moveTo(px, py - size), ctx.lineTo(px, py + size);
  } else if (FIXED.has(vessel.station)) {
    const r = size * 0.75;
    ctx.moveTo(px, py - r), ctx.lineTo(px + r, py), ctx.lineTo(px, py + r), ctx.lineTo(px - r, py), ctx.closePath();
  } else if (!isMoving(vessel)) {
    const r = size * 0.5;
    ctx.moveTo(px + r, py);
    ctx.arc(px, py, r, 0, 2 * Math.PI);
  } else {
    const angle = ((vessel.heading !== null ? vessel.heading : vessel.cog) * Math.PI) / 180;
    const s = Math.sin(angle), c = Math.cos(angle);
    const turn = (x, y) => [px + x * c - y * s, py + x * s + y * c];
    ctx.moveTo(...turn(0, -1.35 * size));
    ctx.lineTo(...turn(0.62 * size, 0.85 * size));
    ctx.lineTo(...turn(0, 0.5 * size));
    ctx.lineTo(...turn(-0.62 * size, 0.85 * size));
    ctx.closePath();
  }
}
