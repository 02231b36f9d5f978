// How far something is: told to those who do not see it as well.
export default piece(({ el, words }) => {
  const inner = make("div", { class: "sms-bar-done" });
  const bar = make("div", { class: "sms-bar", role: "progressbar", "aria-label": words.label, "aria-valuemin": "0" }, inner);
  el.replaceChildren(bar);
  return (content) => {
    if (content.kind !== "show") return;
    bar.setAttribute("aria-valuemax", String(content.most));
    bar.setAttribute("aria-valuenow", String(content.done));
    inner.style.width = `${(100 * content.done) / Math.max(content.most, 1)}%`;
  };
});
