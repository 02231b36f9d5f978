// The text, and beside it a phone that shows what it becomes for one row. One question is under way at a time: what is typed
// meanwhile is asked when the answer has come, so that typing never waits.
const REST = 500; // milliseconds without a key after which the text is kept

export default piece(({ el, say, words }) => {
  const id = unique();
  const text = make("textarea", { id, rows: 6, "aria-describedby": `${id}-count`, spellcheck: "true" });
  const fields = make("div", { class: "sms-fields", role: "group", "aria-label": words.fields });
  const line = make("input", { id: `${id}-row`, type: "number", min: "1", size: "7", class: "sms-row" });
  const bubble = make("div", { class: "sms-bubble", dir: "auto" });
  const count = make("p", { id: `${id}-count`, class: "sms-count", role: "status" });
  const about = make("p", { class: "sms-note" });
  const plain = make("button", { type: "button", hidden: true, onclick: () => say("plain") }, words.plain);
  const move = (by) => () => {
    line.value = String(Math.max(1, Number(line.value || 1) + by));
    ask();
  };
  el.replaceChildren(make("div", { class: "sms-compose" },
    make("div", { class: "sms-write" }, make("label", { for: id }, words.text), text, fields, about),
    make("div", { class: "sms-phone" },
      make("div", { class: "sms-nav" },
        make("button", { type: "button", "aria-label": words.before, onclick: move(-1) }, "◀"),
        make("label", { for: `${id}-row` }, `${words.row} `), line,
        make("button", { type: "button", "aria-label": words.after, onclick: move(1) }, "▶")),
      bubble, count, plain)));

  let waiting = false;
  let again = false;
  let rest = 0;
  let kept = "";
  const ask = () => {
    if (waiting) {
      again = true;
      return;
    }
    waiting = true;
    again = false;
    say("ask", { text: text.value, line: Number(line.value) || 0 });
  };
  const keep = () => {
    clearTimeout(rest);
    if (text.value !== kept && !text.readOnly) say("keep", { text: (kept = text.value) });
  };
  text.addEventListener("input", () => {
    ask();
    clearTimeout(rest);
    rest = setTimeout(keep, REST);
  });
  text.addEventListener("blur", keep);
  line.addEventListener("change", ask);
  line.addEventListener("keydown", (event) => event.key === "Enter" && ask());

  const insert = (placeholder) => () => {
    text.setRangeText(placeholder, text.selectionStart, text.selectionEnd, "end");
    text.focus();
    text.dispatchEvent(new Event("input"));
  };
  const draw = (content) => {
    const pieces = content.pieces.flatMap((one, at) => [
      at > 0 && make("span", { class: "sms-part", title: `${words.part} ${at + 1}` }, String(at + 1)),
      document.createTextNode(one),
    ]);
    bubble.replaceChildren(...pieces.filter(Boolean));
    bubble.classList.toggle("sms-wrong", content.wrong);
    count.textContent = content.said;
    plain.hidden = !content.cheaper;
  };
  return (content) => {
    if (content.kind === "show") {
      if (document.activeElement !== text) text.value = kept = content.text;
      if (!line.value) line.value = content.line;
      text.readOnly = content.locked;
      about.textContent = content.about;
      const drawn = JSON.stringify([content.fields, content.locked]);
      if (fields.dataset.drawn !== drawn) fields.replaceChildren(...content.fields.map((one) =>
        make("button", { type: "button", disabled: content.locked, onclick: insert(one) }, one.replace(/^\{\{ | \}\}$/g, ""))));
      fields.dataset.drawn = drawn; // drawn anew they would lose the focus
      ask();
    }
    if (content.kind === "drawn") {
      waiting = false;
      draw(content);
      if (again) ask();
    }
    if (content.kind === "gone") clearTimeout(rest);
  };
});
