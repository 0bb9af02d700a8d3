"use strict";

const byId = (id) => document.getElementById(id);

function searchNeurons() {
  const tools = byId("neuron-tools");
  if (!tools) return;
  const [box, count, rest] = ["neuron-search", "neuron-count", "neuron-rest"].map(byId);
  const cards = Array.from(document.querySelectorAll("#neuron-list .cards > li"));
  tools.hidden = false;
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let visible = 0;
    for (const card of cards) {
      card.hidden = !words.every((word) => card.dataset.words.includes(word));
      visible += card.hidden ? 0 : 1;
    }
    if (rest) rest.open = words.length > 0;
    count.textContent = words.length ? `${visible} of ${cards.length} neurons` : `${cards.length} neurons`;
  });
}

function sortTables() {
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sortBy(table, heads, column));
    });
  }
}

function sortBy(table, heads, column) {
  const rows = Array.from(table.tBodies[0].rows);
  const texts = new Map(rows.map((row) => [row, row.cells[column].textContent.trim()]));
  const numbers = rows.every((row) => texts.get(row) === "–" || Number.isFinite(Number(texts.get(row))));
  const was = heads[column].getAttribute("aria-sort");
  const falling = was ? was === "ascending" : numbers;
  const value = (row) => (texts.get(row) === "–" ? -Infinity : Number(texts.get(row)));
  const compare = numbers
    ? (one, other) => value(one) - value(other) || 0
    : (one, other) => texts.get(one).localeCompare(texts.get(other));
  rows.sort((one, other) => (falling ? compare(other, one) : compare(one, other)));
  table.tBodies[0].append(...rows);
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", falling ? "descending" : "ascending");
}

function followCurve() {
  const table = byId("curve-table");
  if (!table) return;
  const [range, output, cursor] = ["curve-range", "curve-value", "curve-cursor"].map(byId);
  const chart = cursor.ownerSVGElement;
  const points = Array.from(table.tBodies[0].rows, (row) => Array.from(row.cells, (cell) => cell.textContent));
  const place = ([, seen, unseen]) => [50 + 360 * Number(unseen), 370 - 360 * Number(seen)];
  const show = () => {
    const [gamma, seen, unseen, mean, mark] = points[range.value];
    const text = `gamma ${gamma}${mark === "chosen" ? " (chosen)" : ""}: known ${seen}, new ${unseen}, harmonic mean ${mean}`;
    const [x, y] = place(points[range.value]);
    cursor.setAttribute("cx", x);
    cursor.setAttribute("cy", y);
    cursor.removeAttribute("hidden");
    output.textContent = text;
    range.setAttribute("aria-valuetext", text);
  };
  range.max = points.length - 1;
  range.value = points.findIndex((point) => point[4] === "chosen");
  range.addEventListener("input", show);
  chart.addEventListener("pointermove", (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    const distances = points.map(place).map(([x, y]) => Math.hypot(x - at.x, y - at.y));
    range.value = distances.indexOf(Math.min(...distances));
    show();
  });
  byId("curve-tools").hidden = false;
  show();
}

function followConfusion() {
  const [cells, output, cursor] = ["confusion-cells", "confusion-value", "confusion-cursor"].map(byId);
  const names = Array.from(byId("class-table").tBodies[0].rows, (row) => row.cells[0].textContent);
  const last = names.length - 1;
  const counts = new Map();
  const sums = names.map(() => 0);
  const mistakes = [];
  for (const cell of cells.querySelectorAll("[data-images]")) {
    const [row, column, images] = [cell.getAttribute("y"), cell.getAttribute("x"), cell.dataset.images].map(Number);
    counts.set(row * names.length + column, images);
    sums[row] += images;
    if (row !== column) mistakes.push(row * names.length + column);
  }
  let [row, column] = [0, 0];
  const show = (newRow, newColumn) => {
    [row, column] = [newRow, newColumn].map((one) => Math.min(last, Math.max(0, one)));
    cursor.setAttribute("x", column);
    cursor.setAttribute("y", row);
    cursor.removeAttribute("hidden");
    const images = counts.get(row * names.length + column) || 0;
    const share = sums[row] ? ` (${Math.round((100 * images) / sums[row])} %)` : "";
    const verdict = row === column ? "recognised" : `taken for ${names[column]}`;
    output.textContent = `${names[row]}, ${verdict}: ${images} of ${sums[row]} photographs${share}`;
  };
  const step = (by) => {
    const here = row * names.length + column;
    const after = by > 0 ? mistakes.find((one) => one > here) : mistakes.findLast((one) => one < here);
    if (after !== undefined) show(Math.floor(after / names.length), after % names.length);
  };
  const moves = {
    ArrowUp: () => show(row - 1, column),
    ArrowDown: () => show(row + 1, column),
    ArrowLeft: () => show(row, column - 1),
    ArrowRight: () => show(row, column + 1),
    Home: () => show(row, 0),
    End: () => show(row, last),
    PageDown: () => step(1),
    PageUp: () => step(-1),
  };
  cells.setAttribute("tabindex", "0");
  cells.setAttribute("role", "application");
  cells.setAttribute("aria-describedby", "confusion-value");
  cells.addEventListener("focus", () => show(row, column));
  cells.addEventListener("keydown", (event) => {
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  });
  const point = (event) => {
    const box = cells.getBoundingClientRect();
    const at = (position, start, size) => Math.floor((names.length * (position - start)) / size);
    show(at(event.clientY, box.top, box.height), at(event.clientX, box.left, box.width));
  };
  cells.addEventListener("pointermove", point);
  cells.addEventListener("pointerdown", point);
  output.textContent = "Point at a cell, or move with the arrow keys; Page Down leads to the next mistake.";
  output.hidden = false;
}

searchNeurons();
followConfusion();
followCurve();
sortTables();
