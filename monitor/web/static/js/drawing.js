// Fences that people draw: drawn, reshaped, renamed, disabled and deleted here; kept, checked and put in force by the monitor.

import { HIT_PX, look, styleOf } from "./chart.js";
import { ask, byId, element } from "./dom.js";
import { operator } from "./incidents.js";
import { palette } from "./palette.js";

const KINDS = [["exclusion_zone", "Exclusion zone: entering it and staying in it is told"], ["watch_area", "Watch area: shown, and told where the configuration says so"]];
const WORDS = { draw: "Click the corners of the area; a double click ends it, Escape gives up.", edit: "Drag the corners; a click on an edge makes another. Then save; Escape gives up." };
const UNTIL = "Ends, UTC; empty: when somebody disables it";
const MAX_NAME = 80; // monitor/drawn.py
const DONE = { disable: "disabled", enable: "enabled", delete: "deleted" };
const CORRECT = { yes: "Correct it", no: "Give up", isSafe: true };
const CLICK_MS = 400; // within which a second click makes a double one
const DECIMALS = 6; // a tenth of a metre

const minute = (instant) => (Number.isFinite(Date.parse(instant)) ? new Date(instant).toISOString().slice(0, 16) : "");

/** The words and the end of a fence, from the operator; null where it shall not be. */
const described = (question, kinds, said) => ask({ ...question, ...said, label: "Name", maxLength: MAX_NAME, choices: kinds, momentLabel: UNTIL, needsText: true });
const wished = ({ text, choice, moment }) => ({ name: text, kind: choice, active_until: moment && `${moment}:00Z` });

/** How a disabled fence is drawn. */
export const offLine = () => ({ colour: palette().other_fence, lineDash: [2, 6], width: 1, fill: "#80808010" });

export class Drawing {
  /** on: {began(), changed()}: somebody draws; the drawn fences are known anew. */
  constructor(map, on) {
    this.map = map;
    this.on = on;
    this.source = new ol.source.Vector(); // what is being drawn, and what is disabled
    this.layer = new ol.layer.Vector({ source: this.source, style: (feature) => this.style(feature) });
    this.interaction = null;
    this.shape = null; // that is being named, reshaped or sent
    this.known = new Map(); // id -> a drawn fence as its file says
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
    draw.on("drawend", ({ feature }) => this.propose(feature));
    this.begin(draw, [WORDS.draw]);
  }

  begin(interaction, words, ...buttons) {
    this.stop();
    this.on.began();
    this.interaction = interaction;
    this.map.addInteraction(interaction);
    this.zooming(false);
    byId("hint").replaceChildren(...words.filter(Boolean), ...buttons);
    byId("hint").hidden = false;
    byId("draw").textContent = "Stop drawing";
  }

  stop() {
    if (this.interaction) {
      this.map.removeInteraction(this.interaction);
      this.endedMs = performance.now();
      setTimeout(() => this.isActive || this.zooming(true), CLICK_MS);
    }
    if (this.shape) this.source.removeFeature(this.shape);
    this.interaction = this.shape = null;
    byId("hint").hidden = true;
    byId("draw").textContent = "Draw a fence";
  }

  zooming(isOn) {
    for (const one of this.map.getInteractions().getArray()) if (one instanceof ol.interaction.DoubleClickZoom) one.setActive(isOn);
  }

  /** Nothing can be dragged any more, but the shape stays to be seen until the monitor has taken it. */
  hold(shape) {
    this.stop();
    this.shape = shape;
    this.source.addFeature(shape);
  }

  /** A new fence has its shape: what it is, and in force with it. */
  async propose(shape, said = {}) {
    this.hold(shape);
    const answer = await described({ title: "A new fence", why: "It comes into force at once, for everybody.", yes: "Put in force" }, KINDS, said);
    if (!answer) return this.stop();
    const fault = await this.send("POST", "", { ...wished(answer), geometry: this.written(shape) });
    return this.end(fault, "The fence was not drawn", shape, () => this.propose(shape, answer));
  }

  /** Its name, its kind and when it ends. */
  async change(fence, said = { text: fence.name, choice: fence.kind, moment: minute(fence.active_until) }) {
    const kinds = KINDS.some(([kind]) => kind === fence.kind) ? KINDS : [...KINDS, [fence.kind, look(fence.kind)[0]]];
    const answer = await described({ title: `Change ${fence.name}`, yes: "Change" }, kinds, said);
    if (!answer) return;
    const wish = wished(answer);
    if (answer.moment === minute(fence.active_until)) delete wish.active_until; // to the second as it is
    const fault = await this.send("PUT", `/${fence.id}`, wish);
    if (fault && (await ask({ title: "The fence was not changed", why: fault, ...CORRECT }))) await this.change(fence, answer);
  }

  edit(fence) {
    const shape = new ol.Feature(fence.geometry.clone());
    this.reshape(shape, () => this.save(fence, shape));
  }

  /** Drag corners until `save`. */
  reshape(shape, save, fault = "") {
    const button = element("button", { type: "button", class: "primary", onclick: save }, "Save the shape");
    const modify = new ol.interaction.Modify({ features: new ol.Collection([shape]) });
    this.begin(modify, [fault && element("b", {}, fault), WORDS.edit], button);
    this.shape = shape;
    this.source.addFeature(shape);
  }

  async save(fence, shape) {
    this.hold(shape);
    const fault = await this.send("PUT", `/${fence.id}`, { name: fence.name, kind: fence.kind, geometry: this.written(shape) });
    return this.end(fault, "The fence was not changed", shape, () => this.save(fence, shape));
  }

  /** The monitor has taken the shape, or it is refused: then the operator corrects it and tries `again`. */
  async end(fault, title, shape, again) {
    if (fault && (await ask({ title, why: fault, ...CORRECT }))) this.reshape(shape, again, fault);
    else this.stop();
  }

  async act(fence, verb) {
    if (verb === "delete" && !(await ask({ title: `Delete ${fence.name}?`, why: "Who deleted it stays on the record. A fence that may be needed again can be disabled.", yes: "Delete" }))) return;
    const fault = await this.send("POST", `/${fence.id}/${verb}`, {});
    if (fault) await ask({ title: `The fence was not ${DONE[verb]}`, why: fault, yes: "Understood", no: "" });
  }

  /** Ask the monitor; why not, "" where it is done. */
  async send(method, path, wish) {
    const who = await operator();
    if (!who) return "it must be known who is on watch";
    let fault = "the monitor cannot be reached";
    try {
      const answer = await fetch(`/api/drawn${path}`, { method, body: JSON.stringify({ who, ...wish }), headers: { "Content-Type": "application/json" } });
      fault = answer.ok ? "" : (await answer.json()).error;
    } catch {
      // said already
    }
    await this.load();
    return fault;
  }

  /** Those that are disabled are drawn here; the others are the chart's. */
  async load() {
    let features;
    try {
      const answer = await fetch("/api/drawn");
      if (!answer.ok) return;
      features = (await answer.json()).features;
    } catch {
      return; // the link is down: the next chart asks again
    }
    const sound = features.filter((feature) => feature?.properties?.id && feature.geometry); // of others the chart's fault tells
    const drawn = sound.map((feature) => this.format.readFeature(feature, { featureProjection: "EPSG:3857" }));
    this.known = new Map(drawn.map((feature) => [feature.get("id"), feature.getProperties()]));
    this.source.clear();
    if (this.shape) this.source.addFeature(this.shape);
    this.source.addFeatures(drawn.filter((feature) => feature.get("is_disabled")));
    this.on.changed();
  }

  written(shape) {
    return this.format.writeGeometryObject(shape.getGeometry(), { featureProjection: "EPSG:3857", decimals: DECIMALS });
  }

  /** Ids of disabled fences at a pixel. */
  at(pixel) {
    const found = [];
    this.map.forEachFeatureAtPixel(pixel, (feature) => void (feature !== this.shape && found.push(feature.get("id"))), { layerFilter: (layer) => layer === this.layer, hitTolerance: HIT_PX });
    return found;
  }

  /** The fences with these ids: those of the chart, and drawn ones as they are by now. */
  of(ids, inForce) {
    const found = new Map(inForce.map((fence) => [fence.id, fence]));
    for (const id of ids) if (this.known.has(id)) found.set(id, { isIdle: found.get(id)?.isIdle, ...this.known.get(id) });
    return [...found.values()];
  }

  /** What can be done to a fence of the card; nothing to those of the chart. */
  buttons(fence) {
    if (!this.known.has(fence.id)) return null;
    const button = (words, onclick) => element("button", { type: "button", onclick }, words);
    const switched = fence.is_disabled ? button("Enable", () => this.act(fence, "enable")) : button("Disable", () => this.act(fence, "disable"));
    return element("p", { class: "acts" }, switched, button("Reshape", () => this.edit(fence)), button("Change", () => this.change(fence)), button("Delete", () => this.act(fence, "delete")));
  }

  style(feature) {
    if (feature !== this.shape) return styleOf(offLine());
    const style = styleOf({ ...offLine(), colour: palette().text, width: 2 });
    style.setImage(new ol.style.Circle({ radius: 6, stroke: style.getStroke() })); // of a circle the middle
    return style;
  }
}
