// What the map's colours and lines mean: groups of vessels, the kinds of fences on the chart in force, and what is dotted.

import { idleLine, line, look } from "./chart.js";
import { byId, element } from "./dom.js";
import { offLine } from "./drawing.js";
import { palette } from "./palette.js";
import { GROUPS } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [34, 10];

/** A piece of the very line that the map draws; of an area with fill a piece of the area. */
function piece({ colour, lineDash, width, fill }) {
  const [svg, mark] = ["svg", fill ? "rect" : "line"].map((name) => document.createElementNS(SVG, name));
  const place = fill ? { x: 1, y: 1, width: WIDTH - 2, height: HEIGHT - 2 } : { x1: 0, y1: HEIGHT / 2, x2: WIDTH, y2: HEIGHT / 2 };
  const drawn = { stroke: colour, "stroke-width": width + 0.4, "stroke-dasharray": lineDash?.join(" ") || "none", fill: fill || "none" };
  for (const [name, value] of Object.entries({ ...place, ...drawn })) mark.setAttribute(name, value);
  for (const [name, value] of Object.entries({ width: WIDTH, height: HEIGHT, "aria-hidden": "true" })) svg.setAttribute(name, value);
  svg.append(mark);
  return svg;
}

function ship(colour) {
  const mark = element("i", { class: "ship" });
  mark.style.color = colour;
  return mark;
}

/** kinds : of fences that are shown. */
export function drawLegend(kinds) {
  const colours = palette();
  const fences = [...kinds.map((kind) => [line(kind), look(kind)[0]]), [{ ...idleLine(""), colour: colours.text }, "out of its hours"], [{ ...offLine(), colour: colours.text }, "disabled"]];
  byId("legend").querySelector("div").replaceChildren(
    element("ul", {}, ...Object.entries(GROUPS).map(([name, words]) => element("li", {}, ship(colours[name]), words))),
    element("p", {}, "Circle with a dot: seen by radar only; broken: lost, shown where it was seen last. Hollow: class B, coarse or not trusted. Dot: stopped. Pale: no report for 3 minutes; struck out: for 10. Line: the next 6 minutes."),
    element("ul", { class: "fences" }, ...fences.map(([drawn, words]) => element("li", {}, piece(drawn), words))),
  );
}
