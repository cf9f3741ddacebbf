"use strict";
// Numbers stand in the page as text. This draws them as heat maps, subtracts any two outputs, filters, and copies code.

const LEVELS = ["n4", "n3", "n2", "n1", "z", "p1", "p2", "p3", "p4"];
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const short = (value) =>
  value && Math.abs(value) < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(6)));

// ---- arrays --------------------------------------------------------------------------------------------------------

function readPlane(pre) {
  const name = pre.dataset.name ?? "";
  const lines = pre.textContent.slice(name ? name.length + 1 : 0).split("\n");
  return { name, rows: lines.map((line) => line.trim().split(/ +/)) };
}

function readArray(figure) {
  return [...figure.querySelectorAll(".plane")].map(readPlane);
}

const values = (planes) => planes.flatMap((plane) => plane.rows.flat().map(Number)).filter(Number.isFinite);
const largest = (planes) => values(planes).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function level(value, most) {
  if (!Number.isFinite(value)) return "nan";
  if (!most || !value) return "z";
  const step = Math.ceil((4 * Math.abs(value)) / most - 1e-9);
  return LEVELS[4 + Math.sign(value) * Math.min(Math.max(step, 1), 4)];
}

function heatMap(plane, most) {
  const table = make("table", { className: "heat" });
  if (plane.name) table.append(make("caption", { textContent: plane.name }));
  const body = make("tbody");
  for (const row of plane.rows) {
    const cells = row.map((text) => {
      const value = Number(text);
      const shown = Number.isFinite(value) ? short(value) : text;
      return make("td", { className: level(value, most), textContent: shown, title: text });
    });
    body.append(make("tr", {}, ...cells));
  }
  table.append(body);
  return make("div", { className: "plane" }, table);
}

function scale(most, words) {
  const ends = [["n4", -most], ["z", 0], ["p4", most]];
  const parts = ends.flatMap(([name, value]) => [make("span", { className: name, textContent: short(value) }), " "]);
  return make("p", { className: "scale" }, `${words}: `, ...parts);
}

function drawCase(section) {
  const figures = [...section.querySelectorAll(".array")];
  const arrays = new Map(figures.map((figure) => [figure.id, readArray(figure)]));
  const shared = figures.filter((figure) => figure.dataset.scale !== "own");
  const most = Math.max(0, ...shared.map((figure) => largest(arrays.get(figure.id))));
  for (const figure of figures) {
    const planes = readArray(figure);
    const own = figure.dataset.scale === "own" ? largest(planes) : most;
    figure.querySelector(".planes").replaceChildren(...planes.map((plane) => heatMap(plane, own)));
  }
  if (shared.length) section.querySelector(".difference").before(scale(most, "Colours of all outputs"));
  return { arrays, most };
}

// ---- differences ---------------------------------------------------------------------------------------------------

function outputs(section) {
  const classes = [...section.querySelectorAll(".class")].filter((found) => document.getElementById(found.dataset.array));
  return classes.flatMap((found) =>
    [...found.querySelectorAll(":scope > .members > :is(code, b:not([class]))")].map((name) => ({
      name: `${name.textContent} (${found.dataset.mode})`,
      array: found.dataset.array,
    })),
  );
}

function subtract(first, second) {
  const sizes = (planes) => planes.map((plane) => plane.rows.map((row) => row.length).join());
  if (sizes(first).join(";") !== sizes(second).join(";")) return null;
  return first.map((plane, p) => ({
    name: plane.name,
    rows: plane.rows.map((row, r) => row.map((text, c) => String(Number(text) - Number(second[p].rows[r][c])))),
  }));
}

function differenceOf(section, { arrays, most }) {
  const found = outputs(section);
  const groups = new Set(found.map((each) => each.array));
  if (found.length < 2) return;
  const select = (chosen) => {
    const options = found.map((each, index) => make("option", { value: index, textContent: each.name }));
    const element = make("select", {}, ...options);
    element.selectedIndex = chosen;
    return element;
  };
  const other = found.findIndex((each) => each.array !== found[0].array);
  const [first, second] = [select(0), select(other < 0 ? 1 : other)];
  const own = make("input", { type: "checkbox" });
  const place = make("div", { ariaLive: "polite" });
  const draw = () => {
    const [a, b] = [found[first.value], found[second.value]];
    if (a.array === b.array) {
      const same = a.name === b.name ? "One and the same." : "Both are in one class: their numbers agree, and the page keeps those of its first member.";
      place.replaceChildren(make("p", { textContent: same }));
      return;
    }
    const planes = subtract(arrays.get(a.array), arrays.get(b.array));
    if (!planes) {
      place.replaceChildren(make("p", { textContent: "Their sizes differ." }));
      return;
    }
    const top = own.checked ? largest(planes) : most;
    const corner = planes.some((plane) => plane.name === "corner:") ? " in the corner shown" : "";
    place.replaceChildren(
      make("p", { textContent: `Largest difference${corner}: ${short(largest(planes))}.` }),
      make("div", { className: "planes" }, ...planes.map((plane) => heatMap(plane, top))),
      scale(top, own.checked ? "Colours of this difference" : "Colours as for the outputs"),
    );
  };
  const form = make(
    "form", {},
    make("label", {}, "From ", first), make("label", {}, "subtract ", second), make("label", {}, own, " a scale of its own"),
  );
  form.addEventListener("change", draw);
  const details = make("details", { open: groups.size > 1 }, make("summary", { textContent: "Difference of any two outputs" }), form, place);
  draw();
  section.querySelector(".difference").replaceChildren(details);
}

// ---- filter --------------------------------------------------------------------------------------------------------

function filterTable(table, wanted, seen) {
  const columns = [...table.tHead.rows[0].cells].map((head) => !head.dataset.backend || wanted.backends.has(head.dataset.backend));
  table.tHead.rows[0].querySelectorAll("th").forEach((head, index) => { head.hidden = !columns[index]; });
  for (const row of table.tBodies[0].rows) {
    const link = row.cells[0].firstElementChild;
    let any = false;
    for (const cell of [...row.cells].slice(1)) {
      cell.hidden = !columns[cell.cellIndex];
      const [, cross, sign] = /^(✗?)(\S*)/.exec(cell.textContent);
      const fits = wanted.verdicts.has(sign) && (!wanted.unexpected || cross === "✗");
      cell.classList.toggle("off", !fits);
      any ||= fits && !cell.hidden;
    }
    const fits = link.textContent.toLowerCase().includes(wanted.text);
    row.hidden = !(any && fits);
    if (!row.hidden) seen.add(link.hash.slice(1));
  }
}

function filter(form) {
  const data = new FormData(form);
  const wanted = {
    text: data.get("case").trim().toLowerCase(),
    backends: new Set(data.getAll("backend")),
    verdicts: new Set(data.getAll("verdict")),
    unexpected: data.has("unexpected"),
  };
  const seen = new Set();
  document.querySelectorAll(".matrix").forEach((table) => filterTable(table, wanted, seen));
  const sections = [...document.querySelectorAll(".case")];
  for (const section of sections) section.hidden = !seen.has(section.id);
  form.querySelector("output").textContent = `${seen.size} of ${sections.length} cases`;
}

const form = document.getElementById("filter");
form.hidden = false;
form.addEventListener("input", () => filter(form));
form.addEventListener("submit", (event) => event.preventDefault());
form.querySelector("button").addEventListener("click", () => {
  form.reset();
  filter(form);
});
filter(form);

// ---- code ----------------------------------------------------------------------------------------------------------

document.querySelectorAll(".copy").forEach((button) => {
  const code = button.closest("figure").querySelector("code");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected: press Ctrl+C";
    }
  });
});

document.querySelectorAll(".case").forEach((section) => differenceOf(section, drawCase(section)));
