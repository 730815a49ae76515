"""A real Chromium and a real server for tests of pages, and what is measured in a page."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import Iterator

import uvicorn

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE, SMALL = (1100, 900), (390, 844), (360, 740)

# Text whose contrast with what is behind it is under 4.5 to 1 (WCAG 2.2, 1.4.3).
FAINT = """() => {
  const parts = color => color.match(/[\\d.]+/g).map(Number);
  const light = color => {
    const [r, g, b] = parts(color).map(value => value / 255)
      .map(value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((parts(color)[3] ?? 1) === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + .05) / (low + .05);
  };
  const faint = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (ratio(getComputedStyle(element).color, behind(element)) < 4.5)
      faint.push(walk.currentNode.textContent.trim());
  }
  for (const box of document.querySelectorAll("textarea"))
    if (ratio(getComputedStyle(box, "::placeholder").color, behind(box)) < 4.5)
      faint.push(box.placeholder);
  return faint;
}"""

SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"

# What has the focus, whether an outline shows it, and whether anything lies over it.
FOCUSED = """() => {
  const element = document.activeElement, box = element.getClientRects()[0];
  const style = getComputedStyle(element);
  const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {
    name: element.id || element.className || element.textContent.trim(),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    clear: element === document.body || element.contains(over),
  };
}"""


class Server(uvicorn.Server):
    """A server that leaves Ctrl-C to pytest and says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
