"""Rules that every screen obeys, read from the browser's own accessibility tree and computed styles."""

from __future__ import annotations

from typing import Any

NAMED = {
    "button", "link", "textbox", "searchbox", "spinbutton", "slider", "combobox", "listbox", "checkbox", "radio",
    "switch", "menuitem", "tab", "image", "img", "dialog", "application", "group", "radiogroup",
}  # fmt: skip
QUIET = {"group"}  # may stand without a name, unless it can be focused

FINDINGS = """() => {
  const found = [];
  const seen = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const say = (node) => node.outerHTML.slice(0, 110);
  const headings = [...document.querySelectorAll("h1, h2, h3, h4")].filter(seen);
  if (headings.filter(({ tagName }) => tagName === "H1").length !== 1) found.push("not exactly one h1");
  headings.forEach((node, i) => {
    if (i && +node.tagName[1] > +headings[i - 1].tagName[1] + 1) found.push(`heading level skipped: ${say(node)}`);
  });
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) found.push(`id twice: ${id}`);
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "for"]) {
    for (const node of document.querySelectorAll(`[${name}]`)) {
      for (const id of node.getAttribute(name).split(" ")) {
        if (!document.getElementById(id)) found.push(`${name} leads nowhere: ${say(node)}`);
      }
    }
  }
  for (const node of document.querySelectorAll("img:not([alt])")) found.push(`no alt: ${say(node)}`);
  for (const node of document.querySelectorAll("[role=img]")) {
    if (seen(node) && !node.getAttribute("aria-label")) found.push(`no aria-label: ${say(node)}`);
  }
  for (const node of document.querySelectorAll("button, a[href], select, input, summary")) {
    const box = node.getBoundingClientRect();
    const inline = getComputedStyle(node).display === "inline";
    const whole = node.closest("label")?.getBoundingClientRect() ?? box;
    if (seen(node) && !inline && box.width && (whole.width < 24 || whole.height < 24) && !node.closest(".visually-hidden, .skip")) {
      const own = node.matches("[type=checkbox], [type=radio]"); // its label may stand beside it
      if (!own) found.push(`smaller than 24 pixels: ${say(node)}`);
    }
  }
  if (!document.documentElement.lang) found.push("no language");
  if (!document.title) found.push("no title");
  for (const landmark of ["main", "header", "nav"]) if (!document.querySelector(landmark)) found.push(`no ${landmark}`);
  return found;
}"""

CONTRAST = """() => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const bytes = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, under) => top.slice(0, 3).map((value, c) => (value * top[3] + under[c] * (255 - top[3])) / 255);
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null;
      layers.push(bytes(style.backgroundColor));
      if (layers.at(-1)[3] === 255) break;
    }
    return layers.reverse().reduce((under, layer) => over(layer, under), bytes("Canvas").slice(0, 3));
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true })) continue;
    if (node.closest("noscript, script, style, .visually-hidden, .skip, :disabled, option, sketch-pad, .stale, .waiting")) continue;
    const style = getComputedStyle(node);
    const under = behind(node);
    if (!under) continue;
    const colour = bytes(node instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(over(colour, under)), light(under)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.005) found.add(`${ratio.toFixed(2)}: “${walker.currentNode.data.trim().slice(0, 40)}” in ${node.outerHTML.slice(0, 90)}`);
  }
  return [...found];
}"""

FOCUSED = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const rings = [getComputedStyle(node), getComputedStyle(node, "::after"), ...(node.closest("label") ? [getComputedStyle(node.closest("label"))] : [])];
  const ring = rings.some(({ outlineStyle, outlineWidth }) => outlineStyle !== "none" && parseFloat(outlineWidth) >= 2);
  window.stops ??= new WeakMap();
  if (!stops.has(node)) stops.set(node, window.count = (window.count ?? 0) + 1);
  return { ring, number: stops.get(node), text: node.outerHTML.slice(0, 110) };
}"""


def findings(page: Any) -> list[str]:
    """What breaks a rule on this screen now, in words."""
    return [*page.evaluate(FINDINGS), *unnamed(page)]


def unnamed(page: Any) -> list[str]:
    """Controls and pictures to which the browser itself finds no name."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    missing = []
    for node in nodes:
        role = node.get("role", {}).get("value")
        focusable = any(one["name"] == "focusable" and one["value"]["value"] for one in node.get("properties", []))
        name = node.get("name", {}).get("value", "").strip()
        if node["ignored"] or role not in NAMED or name or (role in QUIET and not focusable):
            continue
        missing.append(f"no name: {role} {node.get('properties', [])[:2]}")
    return missing


def pale(page: Any) -> list[str]:
    """Texts that stand out too little from what is behind them."""
    return list(page.evaluate(CONTRAST))


def tab_round(page: Any, limit: int = 150) -> list[str]:
    """Walk once round the page with Tab; what cannot be left, or does not show that it is focused."""
    page.evaluate("document.activeElement?.blur()")
    troubles: list[str] = []
    visited: list[int] = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or (stop["number"] == 1 and visited):
            return troubles
        if visited and stop["number"] == visited[-1]:
            return [*troubles, f"Tab does not leave {stop['text']}"]
        visited.append(stop["number"])
        if not stop["ring"]:
            troubles.append(f"focus is not seen: {stop['text']}")
    return [*troubles, f"{limit} times Tab did not lead round the page"]
