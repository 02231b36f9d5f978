// The pulse: it asks the kernel once a second how it stands. Where no answer comes, what is drawn is greyed, because a widget
// looks alive long after its kernel has stopped. It also takes the files that are downloaded.
const SILENT = 8000; // milliseconds

export default piece(({ el, say, words }) => {
  const told = make("p", { class: "sms-stopped-note", role: "alert", hidden: true }, words.stopped);
  el.replaceChildren(told);
  let heard = Date.now();
  const parts = [];
  const beat = setInterval(() => {
    if (document.hidden) {
      heard = Date.now(); // a page in the background is woken too rarely to say anything
      return;
    }
    say("beat");
    const stopped = Date.now() - heard > SILENT;
    told.hidden = !stopped;
    el.closest(".sms-panel")?.classList.toggle("sms-stopped", stopped);
  }, 1000);
  return (content, buffers) => {
    heard = Date.now();
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
