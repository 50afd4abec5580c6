"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = new Intl.Collator("en", { numeric: true });
  const STEP = 200;  // rows that are added where the reader comes to the end of those shown

  const at = (column, i) => !column.words ? column[i] : column.words[column.at ? column.at[i] : 0];
  const value = (name, i) => at(data.columns[name], i);
  const said = (name, i) => name in data.lines ? at(data.lines[name], i) : value(name, i);

  // Interval, estimate and margin on a bar of 100 units, as in the rows that are in the page already.
  const bar = (i) => {
    const reach = said("reach", i);
    const places = ["low", "high", "estimate"].map((name) => value(name, i));
    if (!(reach > 0) || places.includes(null)) return "";
    const half = 48 * (value("margin", i) ?? 0) / reach;
    const [low, high, middle] = places.map((place) => (50 + 48 * place / reach).toFixed(1));
    return `<svg viewBox="0 0 100 12" aria-hidden="true"><rect x="${(50 - half).toFixed(1)}" width="${(2 * half).toFixed(1)}" height="12"/>` +
      `<path d="M50 0V12"/><path class="" d="M${low} 6H${high}M${middle} 3V9"/></svg>`;
  };

  const fill = (cell, name, i) => {
    if (name === "design") {
      cell.firstChild.href = `#${said("anchor", i)}`;
      cell.firstChild.textContent = value("design", i);
    } else if (name === "verdict") {
      cell.firstChild.className = `v ${value("verdict", i)}${said("doubted", i) ? " doubted" : ""}`;
      cell.firstChild.textContent = value("verdict", i);
    } else if (name === undefined) {
      cell.innerHTML = bar(i);
      cell.querySelector("path[class]")?.setAttribute("class", value("verdict", i));
    } else {
      cell.textContent = said(name, i);
      if (name === "at") cell.className = cell.textContent.length > 30 ? "w" : "";
    }
  };

  // A table of effects: the numbers of all its rows in their order, and elements for those that were looked at.
  const listed = (table) => {
    const heads = [...table.tHead.rows[0].cells].map((head) => head.dataset.c);
    const body = table.tBodies[0];
    const scroll = table.parentNode;
    const made = new Map([...body.rows].map((row) => [Number(row.dataset.i), row]));
    const model = body.rows[0];
    const first = Number(table.dataset.first);
    let rows = Array.from({ length: Number(table.dataset.size) }, (_, i) => first + i);
    let kept = rows;
    let wanted = () => true;

    const element = (i) => {
      if (!made.has(i)) {
        const row = model.cloneNode(true);
        row.dataset.i = i;
        heads.forEach((name, k) => fill(row.cells[k], name, i));
        made.set(i, row);
      }
      return made.get(i);
    };
    const more = (size) => body.append(...kept.slice(body.rows.length, body.rows.length + size).map(element));
    const show = () => {
      kept = rows.filter(wanted);
      body.replaceChildren();
      more(STEP);
      scroll.scrollTop = 0;
    };
    scroll.addEventListener("scroll", () => {
      if (scroll.scrollTop + 2 * scroll.clientHeight > scroll.scrollHeight) more(STEP);
    });
    addEventListener("beforeprint", () => more(kept.length));
    if (scroll.nextElementSibling?.classList.contains("first")) scroll.nextElementSibling.remove();

    return {
      rows,
      text: (i) => heads.filter(Boolean).map((name) => said(name, i)).join(" ").toLowerCase(),
      kept: () => kept,
      keep: (test) => { wanted = test; show(); },
      sort: (order) => { rows = rows.sort(order); show(); },
    };
  };

  // What is missing comes last, whichever way the rest is sorted.
  const compare = (a, b, sign) => {
    if (a === null || a === "") return b === null || b === "" ? 0 : 1;
    if (b === null || b === "") return -1;
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b)));
  };

  const sortBy = (table, list, head) => {
    const key = head.dataset.c === "at" ? said : value;
    const falling = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    list.sort((a, b) => compare(key(head.dataset.c, a), key(head.dataset.c, b), falling ? -1 : 1) || a - b);
  };

  const lists = new Map();
  for (const table of document.querySelectorAll("table.effects")) {
    lists.set(table.id, listed(table));
    for (const head of table.tHead.rows[0].cells) {
      if (!head.dataset.c) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sortBy(table, lists.get(table.id), head));
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

  const all = lists.get("all");
  if (all) {
    const texts = new Map(all.rows.map((i) => [i, all.text(i)]));
    const filter = document.getElementById("filter");
    const boxes = [...document.querySelectorAll(".pick input")];
    const shown = document.getElementById("shown");

    const update = () => {
      const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
      all.keep((i) => verdicts.has(value("verdict", i)) && wanted.every((word) => texts.get(i).includes(word)));
      const count = all.kept().length;
      shown.textContent = count === texts.size ? `${count} rows` : `${count} of ${texts.size} rows`;
    };

    const cell = (one) => one === null ? "" : /[",\r\n]/.test(one) ? `"${String(one).replaceAll('"', '""')}"` : String(one);
    document.getElementById("csv").addEventListener("click", () => {
      const names = Object.keys(data.columns);
      const chosen = all.kept().map((i) => names.map((name) => value(name, i)));
      save([names, ...chosen].map((row) => row.map(cell).join(",")).join("\n") + "\n", "effects.csv", "text/csv");
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
