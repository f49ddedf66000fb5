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

/** Put a question to the operator: resolves to the text (and choice, and moment), or null.
 *
 * isStory: the text may have several lines, otherwise it is one of maxLength letters. no: "" where there is nothing to decide.
 * momentLabel: of a moment, YYYY-MM-DDThh:mm, that may be left empty. isSafe: Enter says yes, also where there is nothing to type. */
export function ask({ title, why = "", label = "", text = "", maxLength = 200, isStory = false, yes, no = "Cancel", choices = [], choice = "", momentLabel = "", moment = "", needsText = false, isSafe = false }) {
  const dialog = byId("ask");
  dialog.querySelector("h3").textContent = title;
  dialog.querySelector("p").textContent = why;
  const input = dialog.querySelector(isStory ? ".story textarea" : ".text input");
  for (const field of dialog.querySelectorAll(".text, .story")) {
    field.hidden = !label || !field.contains(input);
    field.lastChild.required = !field.hidden && needsText;
  }
  input.previousSibling.textContent = label;
  input.value = text;
  if (!isStory) input.maxLength = maxLength;
  dialog.querySelector(".primary").textContent = yes;
  const refuse = dialog.querySelector(".no");
  refuse.hidden = !no;
  refuse.textContent = no;
  refuse.onclick = () => dialog.close();
  const set = dialog.querySelector("fieldset");
  set.hidden = !choices.length;
  const isChosen = (value, i) => (choice ? value === choice : i === 0);
  set.replaceChildren(...choices.map(([value, words], i) => element("label", {}, element("input", { type: "radio", name: "choice", value, checked: isChosen(value, i) ? "" : null }), words)));
  const when = dialog.querySelector(".moment input");
  when.parentElement.hidden = !momentLabel;
  when.previousSibling.textContent = momentLabel;
  when.value = moment;
  dialog.returnValue = "";
  dialog.showModal();
  if (isSafe) dialog.querySelector(".primary").focus();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      const chosen = set.querySelector("input:checked");
      resolve(dialog.returnValue === "yes" ? { text: input.value.trim(), choice: chosen && chosen.value, moment: when.value } : null);
    };
  });
}
