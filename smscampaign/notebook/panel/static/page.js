// A page that Python has drawn, with everything that is not ours escaped there.
export default piece(({ el }) => {
  const page = make("div", { class: "sms-page", "aria-live": "polite" });
  el.replaceChildren(page);
  return (content) => {
    if (content.kind === "show") page.innerHTML = content.html;
  };
});
