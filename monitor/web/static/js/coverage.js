// What one receiver or radar normally gets of what is there: cells from red (nothing) to green (all).
//
// Where no cell is drawn nothing is known, and an empty sea says nothing.

import { byId, element } from "./dom.js";
import { toX, toY } from "./vessels.js";

const LON_CELLS = 0.63; // of a cell's height in minutes of longitude; monitor/cells.py
const REFRESH_MS = 60000;

export class Coverage {
  constructor() {
    this.source = new ol.source.Vector();
    this.layer = new ol.layer.VectorImage({ source: this.source, style: (cell) => this.style(cell) });
    this.shown = ""; // sensor and what it gets; "" shows none
    byId("coverage").addEventListener("change", () => this.show(byId("coverage").value));
    byId("coverage").addEventListener("focus", () => this.load());
    setInterval(() => this.shown && this.load(), REFRESH_MS);
  }

  async load() {
    const answer = await fetch("/api/coverage");
    if (!answer.ok) return;
    const { cell_nm: cellNm, cells } = await answer.json();
    this.cellNm = cellNm;
    this.bySensor = new Map();
    for (const cell of cells) {
      const name = `${cell.sensor}: ${cell.of}`;
      if (!this.bySensor.has(name)) this.bySensor.set(name, []);
      this.bySensor.get(name).push(cell);
    }
    const names = [...this.bySensor.keys()].sort();
    const options = [element("option", { value: "" }, "Coverage"), ...names.map((name) => element("option", { value: name }, name))];
    byId("coverage").replaceChildren(...options);
    byId("coverage").value = names.includes(this.shown) ? this.shown : "";
    this.show(byId("coverage").value);
  }

  show(name) {
    this.shown = name;
    this.source.clear(true);
    const half = this.cellNm / 120;
    for (const { lat_deg: lat, lon_deg: lon, share } of this.bySensor?.get(name) || []) {
      const [west, east] = [toX(lon - half / LON_CELLS), toX(lon + half / LON_CELLS)];
      const cell = new ol.Feature(ol.geom.Polygon.fromExtent([west, toY(lat - half), east, toY(lat + half)]));
      cell.set("share", share);
      this.source.addFeature(cell);
    }
  }

  style(cell) {
    const share = cell.get("share");
    return new ol.style.Style({ fill: new ol.style.Fill({ color: `hsla(${Math.round(120 * share)}, 70%, 45%, 0.28)` }) });
  }
}
