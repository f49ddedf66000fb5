// Fences that people draw: drawn, reshaped, disabled and deleted here; kept, checked and put in force by the monitor.

import { HIT_PX, styleOf } from "./chart.js";
import { ask, byId, element } from "./dom.js";
import { operator } from "./incidents.js";
import { palette } from "./palette.js";

const KINDS = [["exclusion_zone", "Exclusion zone: entering it and staying in it is told"], ["watch_area", "Watch area: shown, and told where the configuration says so"]];
const WORDS = { draw: "Click the corners of the area; a double click ends it, Escape gives up.", edit: "Drag the corners; a click on an edge makes another. Then save." };
const CLICK_MS = 400; // within which a second click makes a double one
const DECIMALS = 6; // a tenth of a metre

/** How a disabled fence is drawn. */
export const offLine = () => ({ colour: palette().other_fence, lineDash: [2, 6], width: 1, fill: "#80808010" });

export class Drawing {
  constructor(map) {
    this.map = map;
    this.source = new ol.source.Vector(); // what is being drawn, and what is disabled
    this.layer = new ol.layer.Vector({ source: this.source, style: (feature) => this.style(feature) });
    this.interaction = null;
    this.shape = null; // that is being reshaped
    this.endedMs = -Infinity;
    this.format = new ol.format.GeoJSON();
    map.addLayer(this.layer);
    byId("draw").addEventListener("click", () => (this.isActive ? this.stop() : this.start()));
    addEventListener("keydown", (event) => event.key === "Escape" && this.isActive && this.stop());
  }

  get isActive() {
    return this.interaction !== null;
  }

  /** Clicks are for the drawing; the last of a double click comes when it has ended. */
  get takesClicks() {
    return this.isActive || performance.now() < this.endedMs + CLICK_MS;
  }

  async start() {
    if (!(await operator())) return;
    const draw = new ol.interaction.Draw({ type: "Polygon" });
    draw.on("drawend", ({ feature }) => this.name(feature.getGeometry()));
    this.begin(draw, WORDS.draw);
  }

  begin(interaction, words, ...buttons) {
    this.stop();
    this.interaction = interaction;
    this.map.addInteraction(interaction);
    this.zooming(false);
    byId("hint").replaceChildren(words, ...buttons);
    byId("hint").hidden = false;
    byId("draw").textContent = "Stop drawing";
  }

  stop() {
    if (this.interaction) this.map.removeInteraction(this.interaction);
    if (this.shape) this.source.removeFeature(this.shape);
    this.interaction = this.shape = null;
    this.endedMs = performance.now();
    setTimeout(() => this.isActive || this.zooming(true), CLICK_MS);
    byId("hint").hidden = true;
    byId("draw").textContent = "Draw a fence";
  }

  zooming(isOn) {
    for (const one of this.map.getInteractions().getArray()) if (one instanceof ol.interaction.DoubleClickZoom) one.setActive(isOn);
  }

  async name(geometry) {
    this.stop();
    const answer = await ask({ title: "A new fence", why: "It comes into force at once, for everybody.", label: "Name", choices: KINDS, yes: "Put in force", needsText: true });
    if (answer) await this.send("POST", "", { name: answer.text, kind: answer.choice, geometry: this.written(geometry) });
  }

  edit(fence) {
    const shape = new ol.Feature(fence.geometry.clone());
    const save = element("button", { type: "button", class: "primary", onclick: () => this.save(fence, shape.getGeometry()) }, "Save the shape");
    this.begin(new ol.interaction.Modify({ features: new ol.Collection([shape]) }), WORDS.edit, save);
    this.shape = shape;
    this.source.addFeature(shape);
  }

  async save(fence, geometry) {
    this.stop();
    await this.send("PUT", `/${fence.id}`, { name: fence.name, kind: fence.kind, geometry: this.written(geometry) });
  }

  async act(fence, verb) {
    if (verb === "delete" && !(await ask({ title: `Delete ${fence.name}?`, why: "Who deleted it stays on the record. A fence that may be needed again can be disabled.", yes: "Delete" }))) return;
    await this.send("POST", `/${fence.id}/${verb}`, {});
  }

  async send(method, path, wish) {
    const who = await operator();
    if (!who) return;
    let said = "the monitor cannot be reached";
    try {
      const answer = await fetch(`/api/drawn${path}`, { method, body: JSON.stringify({ who, ...wish }), headers: { "Content-Type": "application/json" } });
      said = answer.ok ? "" : (await answer.json()).error;
    } catch {
      // said already
    }
    if (said) await ask({ title: "The fence was not changed", why: said, yes: "Understood" });
    await this.load();
  }

  /** Those that are disabled are drawn here; the others are the chart's. */
  async load() {
    const answer = await fetch("/api/drawn");
    if (!answer.ok) return;
    const off = (await answer.json()).features.filter((feature) => feature.properties.is_disabled);
    this.source.clear();
    if (this.shape) this.source.addFeature(this.shape);
    this.source.addFeatures(off.map((feature) => this.format.readFeature(feature, { featureProjection: "EPSG:3857" })));
  }

  written(geometry) {
    return this.format.writeGeometryObject(geometry, { featureProjection: "EPSG:3857", decimals: DECIMALS });
  }

  /** Disabled fences at a pixel. */
  at(pixel) {
    const found = [];
    this.map.forEachFeatureAtPixel(pixel, (feature) => void (feature !== this.shape && found.push(feature.getProperties())), { layerFilter: (layer) => layer === this.layer, hitTolerance: HIT_PX });
    return found;
  }

  /** What can be done to a fence of the card; nothing to those of the chart. */
  buttons(fence) {
    if (!fence.drawn_by) return null;
    const button = (words, onclick) => element("button", { type: "button", onclick }, words);
    const switched = fence.is_disabled ? button("Enable", () => this.act(fence, "enable")) : button("Disable", () => this.act(fence, "disable"));
    return element("p", { class: "acts" }, switched, button("Reshape", () => this.edit(fence)), button("Delete", () => this.act(fence, "delete")));
  }

  style(feature) {
    return styleOf(feature === this.shape ? { ...offLine(), colour: palette().text, width: 2 } : offLine());
  }
}
