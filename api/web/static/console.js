// Comfort on top of pages that work without it: a form is sent once however often it is clicked,
// single keys move and act, and what matters after a form is shown first.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (event.submitter?.formTarget) return;  // it opens elsewhere, and this page stays
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
});

// Coming back by the browser's own button shows the page as it was left: forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

document.addEventListener("DOMContentLoaded", () => {
  const first = document.querySelector("[data-focus], [role=alert], [aria-invalid=true]");
  if (first) first.focus();
});

// --- menus ------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// --- single keys ------------------------------------------------------------------------------

const rows = () => [...document.querySelectorAll("tr[data-row]")];

function move(step) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((row) => row.classList.contains("at"));
  const next = now < 0 ? 0 : Math.min(Math.max(now + step, 0), all.length - 1);
  if (now >= 0) all[now].classList.remove("at");
  all[next].classList.add("at");
  const link = all[next].querySelector("a.row-link");
  if (link) link.focus({ preventScroll: true });
  all[next].scrollIntoView({ block: "nearest" });
}

function open(key) {
  const act = document.querySelector(`details[data-key="${key}"]`);
  if (!act) return false;
  act.open = true;
  const field = act.querySelector("input:not([type=hidden]), select, textarea");
  (field || act.querySelector("summary")).focus();
  if (field && field.select) field.select();
  return true;
}

function press(key) {
  if (key === "j") return move(1), true;
  if (key === "k") return move(-1), true;
  if (key === "?") return document.getElementById("keys").showModal(), true;
  if (key === "u") {
    const up = document.querySelector("[data-up]");
    if (up) up.click();
    return Boolean(up);
  }
  return "pnhea".includes(key) && open(key.toUpperCase());
}

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.key === "Escape") {
    const act = at.closest?.("details.act[open], details.menu[open]");
    if (act) { act.open = false; act.querySelector("summary").focus(); }
    return;
  }
  const typing = at.closest?.("input, select, textarea, dialog, [contenteditable]");
  const off = document.body.dataset.shortcuts !== "on";
  if (off || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key.length === 1 && press(event.key.toLowerCase())) event.preventDefault();
});
