// The pulse: it asks the kernel once a second how it stands. Where no answer comes, what is drawn is greyed, because a widget
// looks alive long after its kernel has stopped. It also takes the files that are downloaded.
const SILENT = 8000, AGAIN = 30000; // milliseconds

export default piece(({ el, say, words, kernel }) => {
  const told = make("p", { class: "sms-stopped-note", role: "alert", hidden: true });
  el.replaceChildren(told);
  let asked = 0; // when the question left that is not answered yet
  let last = 0; // and when it was asked once more, because it may have been lost
  const parts = [];
  const beat = setInterval(() => {
    const now = Date.now();
    const silent = asked > 0 && now - asked > SILENT;
    // A kernel that runs another cell answers later; one that is gone never does.
    const busy = silent && kernel()?.status === "busy";
    told.textContent = silent ? (busy ? words.busy : words.stopped) : "";
    told.hidden = !silent;
    el.closest(".sms-panel")?.classList.toggle("sms-stopped", silent);
    if (document.hidden || (asked > 0 && now - last < AGAIN)) return; // one question at a time
    asked = asked || now;
    last = now;
    say("beat");
  }, 1000);
  return (content, buffers) => {
    asked = 0;
    if (content.kind === "gone") clearInterval(beat);
    if (content.kind === "file") {
      parts.push(new Uint8Array(buffers[0].buffer ?? buffers[0], buffers[0].byteOffset ?? 0, buffers[0].byteLength));
      if (!content.last) {
        say("more", { at: content.at });
        return;
      }
      const link = make("a", { download: content.name, href: URL.createObjectURL(new Blob(parts.splice(0))) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    }
  };
});
