// Where a file is dropped, or chosen with the keyboard. It travels in pieces of 1 MB; the next one leaves when one has arrived,
// because what is larger than the server's limit for one message (10 MB) is dropped there without a word.
const PIECE = 1024 * 1024;

export default piece(({ el, say, words }) => {
  const id = unique();
  const input = make("input", { type: "file", id, class: "sms-file", accept: words.accept });
  const bar = make("progress", { max: "1", value: "0", hidden: true, "aria-label": words.bar });
  const told = make("p", { class: "sms-note", role: "status" });
  const zone = make("div", { class: "sms-drop" }, make("label", { for: id }, words.drop), input, bar, told);
  el.replaceChildren(zone);
  let file = null;

  const next = async (at) => {
    if (!file) return;
    bar.value = file.size ? at / file.size : 1;
    const part = await file.slice(at, at + PIECE).arrayBuffer();
    say("chunk", { name: file.name, size: file.size, at }, [part]);
  };
  const begin = (one) => {
    if (!one) return;
    file = one;
    bar.hidden = false;
    told.textContent = one.name;
    next(0);
  };
  input.addEventListener("change", () => begin(input.files[0]));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.stopPropagation();
    zone.classList.add("sms-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("sms-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation(); // else JupyterLab takes it
    zone.classList.remove("sms-over");
    begin(event.dataTransfer.files[0]);
  });
  return (content) => {
    if (content.kind === "next") next(content.at);
    if (content.kind === "stored" || content.kind === "refused") {
      bar.hidden = true;
      file = null;
      input.value = "";
      told.textContent = content.said;
    }
  };
});
