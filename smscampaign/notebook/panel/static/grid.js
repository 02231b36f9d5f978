// The rows that cannot be sent: the cell at fault, the reason beside it, and what would help. Numbers are masked until a cell
// is opened; then the kernel is asked for that one row.
export default piece(({ el, say, words }) => {
  const table = make("table", { class: "sms-grid" });
  const told = make("p", { class: "sms-note", role: "status" });
  const box = make("div", { class: "sms-scroll" }, table);
  el.replaceChildren(box, told);
  const places = new Map();
  const facts = new Map();

  const why = (one) => [one?.because, one?.suggestion && make("em", {}, ` ${one.suggestion}`)].filter(Boolean);

  const actions = (one) => make("td", { class: "sms-actions" },
    one.suggested && make("button", { type: "button", onclick: () => say("suggested", { line: one.line }) }, words.use),
    make("button", { type: "button", onclick: () => say("open", { line: one.line }) }, words.edit),
    make("button", { type: "button", onclick: () => say("drop", { line: one.line }) }, words.leave));

  const row = (one) => make("tr", {},
    make("th", { scope: "row" }, String(one.line)),
    make("td", { class: "sms-cell" }, one.column && make("small", {}, `${one.column} `), make("code", {}, one.cell || "—")),
    make("td", { class: "sms-why" }, ...why(one)),
    actions(one));

  // The cell at fault stands first and wide, below the reason; the others are folded away, unless no single one is at fault.
  const editor = (line, cells, at) => {
    const inputs = cells.map(([name, value], place) => {
      const size = Math.min(60, Math.max(place === at ? 32 : 18, value.length + 2));
      const input = make("input", { type: "text", size, "aria-label": `${words.row} ${line}, ${name}`, spellcheck: "false" });
      input.value = value;
      return [name, input];
    });
    const keep = () => say("keep", { line, cells: inputs.map(([, one]) => one.value) });
    const labels = inputs.map(([name, one]) => make("label", {}, `${name} `, one));
    const others = labels.filter((_, place) => place !== at);
    const field = make("td", { colspan: 3, class: "sms-editor" },
      make("p", {}, ...why(facts.get(line))),
      ...(at == null ? others : [make("div", { class: "sms-fault" }, labels[at]),
        others.length > 0 && make("details", {}, make("summary", {}, words.others), ...others)].filter(Boolean)),
      make("div", { class: "sms-buttons" },
        make("button", { type: "button", class: "sms-main", onclick: keep }, words.keep),
        make("button", { type: "button", onclick: () => say("close", { line }) }, words.close),
        make("button", { type: "button", onclick: () => say("drop", { line }) }, words.leave)));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.tagName === "INPUT") keep();
      if (event.key === "Escape") say("close", { line });
    });
    return [field, inputs];
  };

  const put = (line, made) => {
    places.get(line)?.replaceWith(made);
    places.set(line, made);
  };

  return (content) => {
    if (content.kind === "show") {
      const within = el.contains(document.activeElement);
      const at = within ? Number(document.activeElement.closest("tr")?.querySelector("th")?.textContent) : 0;
      places.clear();
      facts.clear();
      const rows = content.rows.map((one) => {
        const made = row(one);
        places.set(one.line, made);
        facts.set(one.line, one);
        return made;
      });
      const heads = [words.row, words.cell, words.because, ""].map((one) => make("th", { scope: "col" }, one));
      table.replaceChildren(make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
      box.hidden = rows.length === 0;
      told.textContent = content.said;
      // Whoever worked on a row goes on with the next one.
      const next = content.rows.find((one) => one.line >= at) ?? content.rows.at(-1);
      if (within && next) places.get(next.line).querySelector("button").focus();
    }
    if (content.kind === "cells") {
      const [field, inputs] = editor(content.line, content.cells, content.at);
      put(content.line, make("tr", { class: "sms-edited" }, make("th", { scope: "row" }, String(content.line)), field));
      (inputs[content.at] ?? inputs[0])?.[1].focus();
    }
    if (content.kind === "row") {
      put(content.row.line, row(content.row));
      places.get(content.row.line).querySelector("button").focus();
    }
    if (content.kind === "right") {
      put(content.line, make("tr", { class: "sms-right" }, make("th", { scope: "row" }, String(content.line)),
        make("td", { colspan: 3 }, `✓ ${content.said}`)));
    }
  };
});
