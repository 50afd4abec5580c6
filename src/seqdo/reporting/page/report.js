"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const collator = new Intl.Collator("en", { numeric: true });
  const LABEL = ["design", "output", "contrast", "at", "flag"];  // columns that the filter reads: no numbers
  const STEP = 200;  // rows that are added when the reader reaches the last of those shown

  const at = (column, i) => !column.distinct ? column[i] : column.distinct[column.at ? column.at[i] : 0];
  const value = (name, i) => at(data.columns[name], i);
  const shown = (name, i) => name in data.lines ? at(data.lines[name], i) : value(name, i);

  // Interval, estimate and margin on a bar of 100 units, as in the rows that are in the page already.
  const bar = (i) => {
    const reach = shown("reach", i);
    const places = ["low", "high", "estimate"].map((name) => value(name, i));
    if (!(reach > 0) || places.includes(null)) return "";
    const half = 48 * (value("margin", i) ?? 0) / reach;
    const [low, high, middle] = places.map((place) => (50 + 48 * place / reach).toFixed(1));
    return `<svg viewBox="0 0 100 12" aria-hidden="true"><rect x="${(50 - half).toFixed(1)}" width="${(2 * half).toFixed(1)}" height="12"/>` +
      `<path d="M50 0V12"/><path class="" d="M${low} 6H${high}M${middle} 3V9"/></svg>`;
  };

  const fill = (cell, name, i, usual) => {
    if (name === "design") {
      cell.firstChild.href = `#${shown("anchor", i)}`;
      cell.firstChild.textContent = value("design", i);
    } else if (name === "verdict") {
      const verdict = value("verdict", i);
      cell.firstChild.className = `v ${verdict}${shown("doubted", i) ? " doubted" : ""}${verdict === usual ? " usual" : ""}`;
      cell.firstChild.textContent = value("verdict", i);
    } else if (name === undefined) {
      cell.innerHTML = bar(i);
      cell.querySelector("path[class]")?.setAttribute("class", value("verdict", i));
    } else {
      cell.textContent = shown(name, i);
      if (name === "at") cell.className = cell.textContent.length > 20 ? "k w" : "k";
    }
  };

  // A table of effects: the numbers of all its rows in their order, and elements for those that were shown so far.
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
        heads.forEach((name, k) => fill(row.cells[k], name, i, table.dataset.usual));
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
      text: (i) => LABEL.filter((name) => heads.includes(name)).map((name) => shown(name, i)).join(" "),
      kept: () => kept,
      keep: (test) => { wanted = test; show(); },
      sort: (order) => { rows = rows.sort(order); show(); },
    };
  };

  // Tokens of a text: what stands between blanks, without the marks at its ends.
  const tokens = (text) => text.toLowerCase().split(/\s+/).map((token) => token.replace(/^[,;:]+|[,;:]+$/g, "")).filter(Boolean);

  // What a filter looks for. A number belongs to the word before it, and matches a whole number: "gap 5" is neither gap
  // 15 nor gap 50 nor position 5. Other words match anywhere, so that "ACG" finds k-mers that hold it.
  const patterns = (text) => {
    const groups = [];
    for (const token of tokens(text)) {
      if (/^[-+−.\d]*\d$/.test(token) && groups.length) groups[groups.length - 1].push(token);
      else groups.push([token]);
    }
    const escaped = (token) => token.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/^[-−]/, "[-−]");
    const whole = (token) => `${/^\d/.test(token) ? "(?<![\\d.−-])" : ""}${escaped(token)}${/\d$/.test(token) ? "(?![\\d]|\\.\\d)" : ""}`;
    return groups.map((group) => new RegExp(group.map(whole).join("[^ ]* ")));
  };

  // What is missing comes last, whichever way the rest is sorted.
  const compare = (a, b, sign) => {
    if (a === null || a === "") return b === null || b === "" ? 0 : 1;
    if (b === null || b === "") return -1;
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b)));
  };

  const sortBy = (table, list, head) => {
    const key = head.dataset.c === "at" ? shown : value;
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
    const texts = new Map(all.rows.map((i) => [i, ` ${tokens(all.text(i)).join(" ")} `]));
    const filter = document.getElementById("filter");
    const boxes = [...document.querySelectorAll(".pick input")];
    const status = document.getElementById("shown");

    const update = () => {
      const wanted = patterns(filter.value);
      const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
      all.keep((i) => verdicts.has(value("verdict", i)) && wanted.every((pattern) => pattern.test(texts.get(i))));
      const count = all.kept().length;
      status.textContent = count === texts.size ? `${count} rows` : `${count} of ${texts.size} rows`;
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
