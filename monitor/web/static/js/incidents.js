// The list of incidents: one entry a boat, the most urgent first, each with its reason and what people can do.

import { ask, byId, element, facts } from "./dom.js";
import { clock, place, span } from "./words.js";

const RANK = { emergency: 4, alarm: 3, warning: 2, caution: 1 };
const STATE = { unacknowledged: "not acknowledged", acknowledged: "acknowledged", "returned-unacknowledged": "over, not acknowledged", shelved: "shelved", closed: "closed" };
const WAITING = new Set(["unacknowledged", "returned-unacknowledged"]);
const SHELVES = [["900", "15 minutes"], ["3600", "1 hour"], ["14400", "4 hours"]];
const PART = "_log_odds"; // evidence that is a part of a score
const AROUND_S = 1800;
const MAX_WHO = 60;
const RULES = { ais_gap: "AIS gap", ais_integrity: "AIS integrity", gnss_interference: "GNSS interference" };

export const isNew = (incident) => WAITING.has(incident.state);
const ruleName = (rule) => RULES[rule] || rule.replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase());

export class Incidents {
  /** on: {show(incident), changed(incidents), raised(incident)} */
  constructor(on) {
    this.on = on;
    this.byId = new Map();
    this.opened = new Set(); // entries unfolded on this screen
    this.sent = new Map(); // incident id -> what was asked and not seen to be done yet
    this.entries = new Map();
    this.isFirst = true;
    this.nowUnixS = NaN;
    this.grafanaUrl = "";
  }

  /** isAll: these are all there are, as after a cut; what is not among them is gone. */
  take(incidents, isAll) {
    if (isAll) {
      const there = new Set(incidents.map((incident) => incident.incident_id));
      for (const id of [...this.byId.keys()]) if (!there.has(id)) this.byId.delete(id);
    }
    for (const fresh of incidents) {
      const before = this.byId.get(fresh.incident_id);
      this.byId.set(fresh.incident_id, fresh);
      this.sent.delete(fresh.incident_id);
      const isRaised = isNew(fresh) && (!before || RANK[before.priority] < RANK[fresh.priority] || (!isNew(before) && before.state !== fresh.state));
      if (isRaised && !this.isFirst) this.on.raised(fresh);
    }
    this.isFirst = false;
    this.draw();
    this.on.changed([...this.byId.values()]);
  }

  tick(nowUnixS) {
    this.nowUnixS = nowUnixS;
    for (const [id, entry] of this.entries) {
      const incident = this.byId.get(id);
      if (incident) entry.querySelector(".age").textContent = this.age(incident);
    }
  }

  age(incident) {
    return `${clock(incident.t_opened_unix_s)} · ${span(this.nowUnixS - incident.t_opened_unix_s)} ago`;
  }

  draw() {
    const all = [...this.byId.values()];
    const order = (a, b) => isNew(b) - isNew(a) || (a.state === "shelved") - (b.state === "shelved") || RANK[b.priority] - RANK[a.priority] || b.t_opened_unix_s - a.t_opened_unix_s;
    const open = all.filter((i) => i.state !== "closed").sort(order);
    const closed = all.filter((i) => i.state === "closed").sort((a, b) => b.t_changed_unix_s - a.t_changed_unix_s);
    this.entries.clear();
    byId("incidents").replaceChildren(...open.map((incident) => this.entry(incident)));
    const fold = byId("closed");
    fold.hidden = !closed.length;
    fold.querySelector("span").textContent = closed.length;
    fold.querySelector("ol").replaceChildren(...closed.map((incident) => this.entry(incident)));
    byId("no-incidents").hidden = open.length > 0;
    const waiting = open.filter(isNew).length;
    byId("open-count").textContent = open.length ? `${open.length} open${waiting ? `, ${waiting} not acknowledged` : ""}` : "";
    document.title = `${waiting ? `(${waiting}) ` : ""}straitwatch`;
  }

  entry(incident) {
    const isOpen = this.opened.has(incident.incident_id);
    const entry = element(
      "li",
      { class: `incident ${incident.priority}${isNew(incident) ? " new" : ""}`, "data-id": incident.incident_id, "data-state": incident.state },
      element(
        "button",
        { class: "head", type: "button", "aria-expanded": String(isOpen), onclick: () => this.unfold(incident.incident_id) },
        element("span", { class: "priority" }, incident.priority),
        element("span", { class: "number" }, `#${incident.number}`),
        element("span", { class: "age" }, this.age(incident)),
        element("strong", {}, incident.title),
        isOpen ? null : element("span", { class: "reason" }, said(incident.reason, incident)),
        element("span", { class: "state" }, this.stateWords(incident)),
      ),
    );
    if (isOpen) entry.append(this.body(incident));
    else if (isNew(incident)) entry.append(element("div", { class: "acts" }, this.button(incident, "ack", "Acknowledge", "primary")));
    this.entries.set(incident.incident_id, entry);
    return entry;
  }

  stateWords(incident) {
    const asked = this.sent.get(incident.incident_id);
    if (asked) return asked;
    if (incident.state === "acknowledged" && incident.owner) return `acknowledged by ${incident.owner} at ${clock(incident.t_acknowledged_unix_s)}`;
    if (incident.state === "shelved") return `shelved until ${clock(incident.shelved_until_unix_s)}`;
    return STATE[incident.state];
  }

  body(incident) {
    const alerts = incident.alerts.map((alert) =>
      element(
        "li",
        { class: alert.is_open ? "" : "over" },
        element("b", {}, ruleName(alert.rule)),
        ` ${alert.is_retracted ? "retracted" : alert.is_open ? `since ${clock(alert.t_opened_unix_s)}` : `over since ${clock(alert.t_changed_unix_s)}`}. ${said(alert.reason, incident)}`,
        score(alert.evidence),
        element("details", {}, element("summary", {}, "Evidence"), facts(Object.entries(alert.evidence).filter(([name]) => !name.endsWith(PART)).map(([name, value]) => [name, figure(value)]))),
      ),
    );
    const notes = incident.notes.map((note) => element("li", {}, `${clock(note.t_unix_s)} ${note.who}: ${note.text}`));
    return element(
      "div",
      { class: "body" },
      facts([
        ["Position", incident.lat_deg === null ? null : `${place(incident.lat_deg, incident.lon_deg)} at ${clock(incident.t_position_unix_s)}`],
        ["MMSI", incident.subject.mmsi > 0 ? String(incident.subject.mmsi).padStart(9, "0") : null],
        ["Incident", incident.incident_id + (incident.is_exercise ? " (exercise)" : "")],
      ]),
      element("ul", { class: "alerts" }, ...alerts),
      notes.length ? element("ul", { class: "notes" }, ...notes) : null,
      incident.state === "closed" ? null : this.acts(incident),
      this.history(incident),
    );
  }

  /** To the dashboard that tells what became of it: from half an hour before until now, or half an hour after. */
  history(incident) {
    if (!this.grafanaUrl) return null;
    const isPast = incident.state === "closed" || incident.is_exercise; // an exercise has a time of its own
    const until = isPast ? Math.round((incident.t_changed_unix_s + AROUND_S) * 1000) : "now";
    const asked = new URLSearchParams({ "var-incident": incident.incident_id, "var-exercise": incident.is_exercise ? "yes" : "no", "var-map_url": location.origin, from: Math.round((incident.t_opened_unix_s - AROUND_S) * 1000), to: until });
    return element("a", { class: "history", href: `${this.grafanaUrl}/d/straitwatch-operations?${asked}`, target: "_blank", rel: "noopener" }, "History in Grafana");
  }

  acts(incident) {
    return element(
      "div",
      { class: "acts" },
      isNew(incident) ? this.button(incident, "ack", "Acknowledge", "primary") : null,
      incident.lat_deg === null ? null : element("button", { type: "button", onclick: () => this.on.show(incident) }, "Show on map"),
      this.button(incident, "note", "Note"),
      incident.state === "shelved" ? this.button(incident, "unshelve", "Unshelve") : this.button(incident, "shelve", "Shelve"),
      this.button(incident, "close", "Close"),
    );
  }

  button(incident, verb, words, kind = "") {
    return element("button", { type: "button", class: `${kind} ${verb}`, onclick: () => this.act(incident, verb) }, words);
  }

  /** Unfold an incident and bring it into view; whether there is one of this id. */
  reveal(id) {
    const incident = this.byId.get(id);
    if (!incident) return false;
    this.opened.add(id);
    byId("closed").open ||= incident.state === "closed";
    this.draw();
    this.entries.get(id).scrollIntoView({ block: "nearest" });
    this.on.show(incident);
    return true;
  }

  unfold(id) {
    if (!this.opened.delete(id)) {
      this.opened.add(id);
      this.on.show(this.byId.get(id));
    }
    this.draw();
  }

  async act(incident, verb) {
    const who = await operator();
    if (!who) return;
    const asked = await QUESTIONS[verb](incident);
    if (!asked) return;
    this.sent.set(incident.incident_id, `${verb}: sent, not confirmed yet`);
    this.draw();
    try {
      const answer = await fetch(`/api/incidents/${incident.incident_id}/${verb}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ who, text: asked.text || "", duration_s: Number(asked.choice || 0), command_id: crypto.randomUUID?.() || `${Date.now()}-${Math.random().toString(36).slice(2)}` }),
      });
      if (!answer.ok) throw new Error((await answer.json()).error);
    } catch (error) {
      this.sent.set(incident.incident_id, `${verb} FAILED: ${error.message}`);
      this.draw();
    }
  }
}

const named = (incident) => `#${incident.number} ${incident.title}`;
const QUESTIONS = {
  ack: async () => ({}),
  unshelve: async () => ({}),
  note: (incident) => ask({ title: `Note on ${named(incident)}`, label: "Note", isStory: true, yes: "Write", needsText: true }),
  shelve: (incident) => ask({ title: `Shelve ${named(incident)}`, why: "It stays in the list, silent, and comes back by itself. A distress is never silenced.", choices: SHELVES, yes: "Shelve" }),
  close: (incident) => ask({ title: `Close ${named(incident)}`, why: "Say what is known to have become of it. An end that is only assumed is not an end.", label: "Reason", isStory: true, yes: "Close", needsText: true }),
};

/** A reason without the name that already heads the entry. */
function said(reason, incident) {
  const name = incident.subject.label;
  if (!name || !reason.startsWith(name)) return reason;
  const rest = reason.slice(name.length).replace(/^[\s,]+/, "");
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** Every part of a score, the weightiest first, and what is not known; nothing where there is no score. */
function score(evidence) {
  const parts = Object.entries(evidence).filter(([name]) => name.endsWith(PART)).map(([name, value]) => [name.slice(0, -PART.length).replaceAll("_", " "), value]);
  if (!parts.length) return null;
  const counted = parts.filter(([, value]) => value).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const unknown = parts.filter(([, value]) => value === null).map(([name]) => name);
  const told = counted.map(([name, value]) => `${name} ${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(1)}`);
  if (unknown.length) told.push(`not known: ${unknown.join(", ")}`);
  return element("p", { class: "score" }, `Score: ${told.join(" · ")}`);
}

function figure(value) {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Math.round(value * 1000) / 1000);
  return value === null ? "not known" : String(value);
}

/** Who acts: asked once, kept on this console. */
export async function operator(isChange = false) {
  const known = localStorage.getItem("operator") || "";
  if (known && !isChange) return known;
  const answer = await ask({ title: "Who is on watch?", why: "The name or post that stands under what this console does.", label: "Name or post", text: known, maxLength: MAX_WHO, yes: "Take the watch", needsText: true });
  if (!answer || !answer.text) return isChange ? known : "";
  localStorage.setItem("operator", answer.text);
  byId("operator").textContent = `Watch: ${localStorage.getItem("operator")}`;
  return localStorage.getItem("operator");
}
