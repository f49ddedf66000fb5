// Land and fences, from the monitor itself: nothing is fetched from elsewhere.

import { palette } from "./palette.js";

// kind of fence -> [words, colour in the palette, filled, dashes]; dots are left for what is not in force
const KINDS = {
  tss_lane: ["traffic lane, with its direction", "lane", true, null],
  separation_zone: ["separation zone", "zone", true, null],
  precautionary_area: ["precautionary area", "zone", false, [8, 5]],
  inshore_traffic_zone: ["inshore traffic zone", "inshore", false, [10, 3]],
  territorial_sea: ["territorial sea", "border", false, [10, 4, 2, 4]],
  boundary: ["boundary", "border", false, [12, 4]],
  srr: ["search and rescue region", "search", false, [14, 6]],
  reporting_area: ["reporting area", "border", false, [5, 7]],
  reporting_line: ["reporting line", "border", false, [10, 3, 3, 3, 3, 3]],
  exclusion_zone: ["exclusion zone", "exclusion", true, null],
  watch_area: ["watch area", "watch", false, [7, 3]],
  port: ["port", "port", false, null],
  anchorage: ["anchorage", "anchorage", false, [4, 3]],
  ferry_corridor: ["ferry corridor", "ferry", false, [5, 5]],
  wind_farm: ["wind farm", "wind_farm", false, [5, 2]],
  aid_to_navigation: ["aid to navigation", "aid", false, null],
  bank: ["bank", "bank", true, null],
  shore: ["shore", "other_fence", false, [4, 4]],
  departure_coast: ["coast from which boats leave", "inshore", false, [8, 3, 2, 3]],
  landing_coast: ["coast on which boats land", "inshore", false, [8, 3, 2, 3, 2, 3]],
};
const UNKNOWN = ["other fence", "other_fence", false, [4, 4]];
const BOLD = new Set(["srr", "boundary"]);
const ARROW_BELOW = 250; // metres a pixel: farther out, arrows are clutter
export const HIT_PX = 3; // so near to an edge counts as on it

export const look = (kind) => KINDS[kind] || UNKNOWN;

/** How a kind is drawn: {colour, width, lineDash, fill}, fill undefined where there is none. */
export function line(kind) {
  const [, name, isFilled, lineDash] = look(kind);
  const colour = palette()[name];
  return { colour, lineDash, width: BOLD.has(kind) ? 1.6 : 1.1, fill: isFilled ? colour + (kind === "tss_lane" ? "1f" : "40") : undefined };
}

/** How a fence is drawn that is out of its hours: thin and dotted, in the colour of its kind. */
export const idleLine = (kind) => ({ colour: palette()[look(kind)[1]] + "80", lineDash: [1, 5], width: 1 });

export const styleOf = ({ colour, lineDash, width, fill }) => new ol.style.Style({ stroke: new ol.style.Stroke({ color: colour, width, lineDash }), fill: fill && new ol.style.Fill({ color: fill }) });

const fetched = async (name) => {
  const answer = await fetch(`/api/${name}`);
  const features = new ol.format.GeoJSON().readFeatures(await answer.json(), { featureProjection: "EPSG:3857" });
  return [features, (answer.headers.get("ETag") || "").replace(/^W\/|"/g, "")];
};

export class Chart {
  /** changed(): other fences are shown. */
  constructor(changed) {
    this.changed = changed;
    this.land = new ol.source.Vector();
    this.fences = new ol.source.Vector({ attributions: "Coastline © OpenStreetMap contributors (ODbL); chart: see the sources of each fence. Not for navigation." });
    this.layers = [
      new ol.layer.VectorImage({ source: this.land, imageRatio: 1.5, style: () => this.landStyle() }),
      new ol.layer.VectorImage({ source: this.fences, imageRatio: 1.5, style: (feature, resolution) => this.fenceStyle(feature, resolution) }),
    ];
    this.arrows = new Map();
    this.version = ""; // of the fences shown; "" before the first
    this.isLoading = false;
    this.idle = new Set(); // ids of fences that are out of their hours
  }

  async load() {
    const [[land]] = await Promise.all([fetched("land"), this.loadFences()]);
    this.land.addFeatures(land);
  }

  async loadFences() {
    const [fences, version] = await fetched("chart");
    this.fences.clear(true);
    this.fences.addFeatures(fences);
    this.version = version;
    this.changed();
  }

  /** The kinds that are shown, in the order of the legend. */
  kinds() {
    const shown = new Set(this.fences.getFeatures().map((fence) => fence.get("kind")));
    return [...Object.keys(KINDS).filter((kind) => shown.delete(kind)), ...shown];
  }

  /** The monitor says which chart is in force: fetch it if another one is shown. */
  async follow(version) {
    if (!this.version || version === this.version || this.isLoading) return;
    this.isLoading = true;
    try {
      await this.loadFences();
    } catch {
      // the link is down: the next word of the monitor tries again
    } finally {
      this.isLoading = false;
    }
  }

  /** Fences that are not in force at this hour are drawn as a thin dotted line. Whether they are others than before. */
  rest(ids) {
    if (ids.length === this.idle.size && ids.every((id) => this.idle.has(id))) return false;
    this.idle = new Set(ids);
    this.layers[1].changed();
    return true;
  }

  repaint() {
    this.styles = null;
    this.arrows.clear();
    for (const layer of this.layers) layer.changed();
  }

  landStyle() {
    const colours = palette();
    this.styles ||= new ol.style.Style({ fill: new ol.style.Fill({ color: colours.land }), stroke: new ol.style.Stroke({ color: colours.shore, width: 1 }) });
    return this.styles;
  }

  fenceStyle(feature, resolution) {
    const kind = feature.get("kind");
    const direction = feature.get("traffic_direction_deg");
    const withArrow = direction !== null && direction !== undefined && resolution < ARROW_BELOW;
    const isIdle = this.idle.has(feature.get("id"));
    const key = `${kind} ${withArrow ? direction : ""} ${isIdle ? "idle" : ""}`;
    if (!this.arrows.has(key)) this.arrows.set(key, isIdle ? styleOf(idleLine(kind)) : this.makeFenceStyle(kind, withArrow ? direction : null));
    return this.arrows.get(key);
  }

  makeFenceStyle(kind, direction) {
    const styles = [styleOf(line(kind))];
    if (direction !== null) {
      styles.push(
        new ol.style.Style({
          geometry: (feature) => feature.getGeometry().getInteriorPoint?.() || feature.getGeometry().getInteriorPoints?.(),
          image: new ol.style.Icon({ src: arrow(line(kind).colour), rotation: (direction * Math.PI) / 180, rotateWithView: true, scale: 0.9 }),
        }),
      );
    }
    return styles;
  }

  /** Ids of what the chart has at a pixel: every area that holds it, filled or not, and what has its edge there. */
  at(map, pixel) {
    const found = new Set(this.fences.getFeaturesAtCoordinate(map.getCoordinateFromPixel(pixel)));
    map.forEachFeatureAtPixel(pixel, (feature) => void found.add(feature), { layerFilter: (layer) => layer === this.layers[1], hitTolerance: HIT_PX });
    return [...found].map((feature) => feature.get("id"));
  }

  /** The fences with these ids, as far as the chart has them. */
  of(ids) {
    const found = this.fences.getFeatures().filter((feature) => ids.includes(feature.get("id")));
    return found.map((feature) => ({ ...feature.getProperties(), isIdle: this.idle.has(feature.get("id")) }));
  }
}

/** The smallest area first, lines before all areas. */
export const smallestFirst = (fences) => fences.map((fence) => [ol.sphere.getArea(fence.geometry), fence]).sort((a, b) => a[0] - b[0]).map(([, fence]) => fence);

const arrow = (colour) =>
  "data:image/svg+xml," +
  encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" width="34" height="52" viewBox="0 0 34 52"><path d="M17 2 L32 22 H23 V50 H11 V22 H2 Z" fill="none" stroke="${colour}" stroke-width="2"/></svg>`,
  );
