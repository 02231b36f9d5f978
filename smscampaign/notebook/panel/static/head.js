// The heading of a step: a button that opens it.
export default piece(({ el, say }) => {
  const hear = (content) => {
    if (content.kind !== "show") return;
    const { number, title, about, open, locked, done } = content;
    const mark = make("span", { class: "sms-number", "aria-hidden": "true" }, done ? "✓" : String(number));
    const button = make(
      "button",
      {
        type: "button",
        class: `sms-head${open ? " sms-open" : ""}`,
        "aria-expanded": open ? "true" : "false",
        "aria-disabled": locked ? "true" : "false",
        onclick: () => !locked && say("open"),
      },
      mark,
      make("span", { class: "sms-title" }, title),
      make("span", { class: "sms-about" }, about),
    );
    const focused = el.contains(document.activeElement);
    el.replaceChildren(make("h3", {}, button));
    if (focused) button.focus();
  };
  return hear;
});
