// What WCAG 2.2 AA asks of a panel, as far as a page can be asked: 1.4.3 and 1.4.11 (contrast), 4.1.2 (names).
const panel = document.querySelector(".sms-panel");
const parse = (colour) => {
  const [red, green, blue, alpha = 1] = colour.match(/(?<![a-z])[\d.]+(e-?\d+)?/g).map(Number);
  const most = colour.startsWith("color(srgb ") ? 255 : 1; // as mixed colours are written
  return [red * most, green * most, blue * most, alpha];
};
const over = (top, ground) => [0, 1, 2].map((at) => top[at] * top[3] + ground[at] * (1 - top[3])).concat(1);
const luminance = ([red, green, blue]) => [red, green, blue].map((one) => {
  const share = one / 255;
  return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}).reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
const ratio = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const path = (one) => (one ? [...path(one.parentElement), one] : []);
// What stands behind an element, and how much of its colour is left by the opacity of those it is in.
const ground = (one) => path(one).reduce((under, each) => over(parse(getComputedStyle(each).backgroundColor), under), [255, 255, 255, 1]);
const faded = (colour, one, under) => {
  const opacity = path(one).reduce((share, each) => share * Number(getComputedStyle(each).opacity), 1);
  return over([colour[0], colour[1], colour[2], colour[3] * opacity], under);
};
const inactive = (one) => Boolean(one.closest(":disabled, [aria-disabled='true'], fieldset:disabled"));
const shown = (one) => one.checkVisibility() && one.getClientRects().length > 0;
const words = (one) => (one.textContent || one.value || "").trim().replace(/\s+/g, " ").slice(0, 40);
const wrong = [];
for (const one of panel.querySelectorAll("*")) {
  const text = [...one.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
  const typed = one.matches("input, select, textarea");
  if (!shown(one) || !(text || typed) || one.tagName === "OPTION") continue;
  const style = getComputedStyle(one), size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const least = inactive(one) || large ? 3 : 4.5;
  const under = ground(one), seen = ratio(faded(parse(style.color), one, under), under);
  if (seen < least) wrong.push(`text ${seen.toFixed(2)}: ${one.tagName} ${one.className} “${words(one)}”`);
  if (typed && one.type !== "file" && !inactive(one)) {
    const behind = ground(one.parentElement), edge = ratio(over(parse(style.borderTopColor), behind), behind);
    if (edge < 3) wrong.push(`border ${edge.toFixed(2)}: ${one.tagName} ${one.name}`);
  }
}
for (const one of panel.querySelectorAll(".sms-bar-done, .sms-length")) {
  const behind = ground(one.parentElement);
  if (shown(one) && ratio(ground(one), behind) < 3) wrong.push(`bar ${ratio(ground(one), behind).toFixed(2)}: ${one.className}`);
}
const named = (one) => one.ariaLabel || one.getAttribute("aria-labelledby") || [...(one.labels ?? [])].some((each) => each.textContent.trim())
  || (one.matches("button, a") && one.textContent.trim());
for (const one of panel.querySelectorAll("button, a, input, select, textarea, progress, meter, [role='progressbar'], [tabindex]")) {
  if (shown(one) && !named(one)) wrong.push(`no name: ${one.outerHTML.slice(0, 120)}`);
  if (shown(one) && one.tabIndex < 0 && !one.disabled && one.matches("button, a, input, select, textarea")) wrong.push(`not in the order: ${one.outerHTML.slice(0, 120)}`);
}
for (const one of panel.querySelectorAll("[role='progressbar']")) {
  if (shown(one) && !(Number(one.getAttribute("aria-valuenow")) >= 0 && one.hasAttribute("aria-valuemax"))) wrong.push("a bar without its value");
}
for (const one of panel.querySelectorAll(".sms-piece, .sms-page")) {
  if (shown(one) && one.scrollWidth > one.clientWidth + 1) wrong.push(`too wide by ${one.scrollWidth - one.clientWidth}: ${one.firstElementChild?.className} ${words(one)}`);
}
return wrong;
