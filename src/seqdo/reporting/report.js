"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const column = Object.fromEntries(data.columns.map((name, i) => [name, i]));
  const words = new Intl.Collator("en", { numeric: true });

  const key = (row, name) => name === "at" ? row.cells[row.parentNode.atColumn].textContent : data.rows[row.dataset.i][column[name]];

  // What is missing comes last, whichever way the rest is sorted.
  const compare = (a, b, sign) => {
    if (a === null || a === "") return b === null || b === "" ? 0 : 1;
    if (b === null || b === "") return -1;
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b)));
  };

  const sortBy = (table, head) => {
    const name = head.dataset.c;
    const falling = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row, name), row]);
    rows.sort((a, b) => compare(a[0], b[0], falling ? -1 : 1) || a[1].dataset.i - b[1].dataset.i);
    body.append(...rows.map((pair) => pair[1]));
  };

  for (const table of document.querySelectorAll("table.effects")) {
    for (const head of table.tHead.rows[0].cells) {
      if (head.dataset.c === "at") table.tBodies[0].atColumn = head.cellIndex;
      if (!head.dataset.c) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sortBy(table, head));
      head.append(button);
    }
  }

  const save = (text, name, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const all = document.getElementById("all");
  if (all) {
    const rows = [...all.tBodies[0].rows];
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const filter = document.getElementById("filter");
    const boxes = [...document.querySelectorAll(".pick input")];
    const shown = document.getElementById("shown");

    const update = () => {
      const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
      let count = 0;
      for (const row of rows) {
        const text = texts.get(row);
        row.hidden = !(verdicts.has(data.rows[row.dataset.i][column.verdict]) && wanted.every((word) => text.includes(word)));
        count += !row.hidden;
      }
      shown.textContent = count === rows.length ? `${count} rows` : `${count} of ${rows.length} rows`;
    };

    const cell = (value) => value === null ? "" : /[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
    document.getElementById("csv").addEventListener("click", () => {
      const chosen = [...all.tBodies[0].rows].filter((row) => !row.hidden).map((row) => data.rows[row.dataset.i]);
      save([data.columns, ...chosen].map((row) => row.map(cell).join(",")).join("\n") + "\n", "effects.csv", "text/csv");
    });
    filter.addEventListener("input", update);
    for (const box of boxes) box.addEventListener("change", update);
    document.querySelector(".controls").hidden = false;
    update();
  }

  for (const button of document.querySelectorAll("button.save")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const svg = button.closest("figure").querySelector("svg");
      save(new XMLSerializer().serializeToString(svg), `${button.dataset.name}.svg`, "image/svg+xml");
    });
  }

  for (const pre of document.querySelectorAll(".code pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const range = document.createRange();
      range.selectNodeContents(pre);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Selected: press Ctrl+C";
      }
    });
    pre.before(button);
  }

  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });
})();
