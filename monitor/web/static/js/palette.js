// Two sets of colours. Night keeps the screen dark enough for eyes that must see the sea afterwards.

const DAY = {
  sea: "#dbe7ef", land: "#efe6d2", shore: "#9b8f76", text: "#14202b", halo: "#ffffffcc", trail: "66", vector: "#33475b",
  cargo: "#2e7d4f", tanker: "#b23b3b", passenger: "#1f5fa8", fast: "#7a5b00", fishing: "#c0631a", pleasure: "#8a3fa0", service: "#00798a",
  other: "#5d6b78", fixed: "#5d6b78", distress: "#d1001f", radar: "#b8480a",
  lane: "#a43ca0", zone: "#c78bc4", inshore: "#2b7fb8", border: "#50667a", search: "#b07a1c", port: "#50667a", anchorage: "#2b7fb8", bank: "#9db8c8", other_fence: "#50667a", exclusion: "#c0392b",
  watch: "#2e7d4f", ferry: "#1f5fa8", wind_farm: "#00798a", aid: "#7a5b00",
};
const NIGHT = {
  sea: "#07131f", land: "#161c1f", shore: "#46525a", text: "#b9c7d1", halo: "#07131fdd", trail: "70", vector: "#8fa5b5",
  cargo: "#56b287", tanker: "#d96c62", passenger: "#5b9be0", fast: "#d2b048", fishing: "#e0914a", pleasure: "#b980cc", service: "#45b5c4",
  other: "#8a98a4", fixed: "#6d7a85", distress: "#ff4b4b", radar: "#ffc14d",
  lane: "#7d3f86", zone: "#5b3162", inshore: "#23587c", border: "#43586b", search: "#7a5a20", port: "#43586b", anchorage: "#23587c", bank: "#1b2f3d", other_fence: "#43586b", exclusion: "#b5483c",
  watch: "#3b7d5c", ferry: "#2f5482", wind_farm: "#1f6670", aid: "#75622a",
};
export const PRIORITY = { emergency: "#ff3b3b", alarm: "#ff5a45", warning: "#ffb02e", caution: "#5aa9e6" };

const root = document.documentElement;
export const palette = () => (root.dataset.theme === "day" ? DAY : NIGHT);

export function restoreTheme() {
  root.dataset.theme = localStorage.getItem("theme") || "night";
}

export function switchTheme() {
  root.dataset.theme = root.dataset.theme === "day" ? "night" : "day";
  localStorage.setItem("theme", root.dataset.theme);
}
