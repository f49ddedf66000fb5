// Elements without a framework. Text goes in as text, never as markup: names come over the air from anybody.

/** element("p", {class: "age"}, "3 min") */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Rows of a definition list, those without a value left out. */
export function facts(rows) {
  const list = element("dl");
  for (const [term, value] of rows) {
    if (value === null || value === undefined || value === "" || value === "–") continue;
    list.append(element("dt", {}, term), element("dd", {}, value));
  }
  return list;
}

/** Put a question to the operator: resolves to the text (and choice), or null. */
export function ask({ title, why = "", label = "", text = "", yes, choices = [], needsText = false }) {
  const dialog = byId("ask");
  const [field, area] = [dialog.querySelector("label"), dialog.querySelector("textarea")];
  dialog.querySelector("h3").textContent = title;
  dialog.querySelector("p").textContent = why;
  field.hidden = !label;
  field.querySelector("span").textContent = label;
  area.value = text;
  area.required = needsText;
  dialog.querySelector(".primary").textContent = yes;
  const set = dialog.querySelector("fieldset");
  set.hidden = !choices.length;
  set.replaceChildren(...choices.map(([value, words], i) => element("label", {}, element("input", { type: "radio", name: "choice", value, checked: i === 0 ? "" : null }), words)));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      const choice = set.querySelector("input:checked");
      resolve(dialog.returnValue === "yes" ? { text: area.value.trim(), choice: choice && choice.value } : null);
    };
  });
}
