// What the pieces of the panel have in common. It stands before each of them; there is no build step.

/** An element with its attributes and what is in it; texts are texts, never HTML. */
const make = (name, attributes = {}, ...inside) => {
  const one = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) one.addEventListener(key.slice(2), value);
    else if (value === true) one.setAttribute(key, "");
    else if (value !== false && value != null) one.setAttribute(key, value);
  }
  one.append(...inside.filter((each) => each != null && each !== false));
  return one;
};

/** A name for an element that no other has: each piece is a module of its own, and several are drawn in one millisecond. */
const unique = () => `sms-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;

/** A piece: `draw` gives what hears the kernel. What is shown comes by messages, and is in no synced state. */
const piece = (draw) => ({
  render({ model, el }) {
    el.classList.add("sms-piece");
    // Keys that are pressed in here are not the notebook's.
    el.dataset.lmSuppressShortcuts = "true";
    const say = (kind, rest = {}, buffers = undefined) => {
      try {
        model.send({ kind, ...rest }, undefined, buffers);
      } catch {
        return false; // the kernel is gone: the pulse says so
      }
      return true;
    };
    const hear = draw({ el, say, words: model.get("words"), kernel: () => model.widget_manager?.kernel });
    const heard = (content, buffers) => hear(content, buffers);
    model.on("msg:custom", heard);
    say("ready");
    return () => {
      model.off("msg:custom", heard);
      hear({ kind: "gone" });
    };
  },
});
