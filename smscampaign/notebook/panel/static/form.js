// Labelled fields and buttons. What is typed goes to the kernel as a message and is kept nowhere.
export default piece(({ el, say }) => {
  const form = make("form", { class: "sms-form", autocomplete: "off" });
  el.replaceChildren(form);
  let inputs = {};
  const values = () => Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, one.value]));

  const field = (one) => {
    const id = unique();
    const given = { id, name: one.name, disabled: Boolean(one.disabled), "aria-describedby": one.hint ? `${id}-hint` : null };
    let input;
    if (one.options) {
      input = make("select", given, ...one.options.map(([value, label]) =>
        make("option", { value, selected: value === one.value }, label)));
      input.value = one.value;
    } else {
      input = make("input", { ...given, type: "text", placeholder: one.placeholder, size: one.size ?? 24,
        inputmode: one.inputmode, spellcheck: "false", maxlength: one.most });
      input.value = one.value ?? "";
    }
    if (one.live) input.dataset.live = "yes";
    if (one.live) input.addEventListener("change", () => say("change", { name: one.name, value: input.value }));
    inputs[one.name] = input;
    return make("div", { class: "sms-field" }, make("label", { for: id }, one.label), input,
      one.hint && make("small", { id: `${id}-hint` }, one.hint));
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pressed = event.submitter?.value || form.querySelector("button[type=submit]")?.value;
    if (!pressed) return;
    say("submit", { button: pressed, values: values() });
    for (const one of form.querySelectorAll("[data-once]")) one.value = "";
  });

  // Within a notebook the browser's own answer to Enter is prevented.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const button = form.querySelector("button[type=submit]:not(:disabled)");
    if (button && !event.target.dataset.live) form.requestSubmit(button);
    else event.target.blur();
  });

  return (content) => {
    if (content.kind !== "show") return;
    const focused = el.contains(document.activeElement) ? document.activeElement.name : null;
    inputs = {};
    const fields = content.fields.map(field);
    const buttons = content.buttons.map((one) =>
      make("button", { type: "submit", value: one.name, name: one.name, disabled: Boolean(one.disabled),
        class: one.main ? "sms-main" : "" }, one.label));
    form.replaceChildren(...[content.note && make("p", { class: "sms-note" }, content.note), ...fields].filter(Boolean),
      make("div", { class: "sms-buttons" }, ...buttons));
    for (const one of content.fields) if (one.once) inputs[one.name].dataset.once = "";
    if (focused) form.querySelector(`[name="${focused}"]`)?.focus();
  };
});
