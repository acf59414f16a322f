"""What the page costs the device that shows it: the main thread, and memory.

    PYTHONPATH=. python benchmarks/page_cost.py --photo somebody.jpg --json page_cost.json

A real server and a real Chromium of the size of a phone, whose camera sees a portrait that sways,
so that its box is drawn in many frames. Long tasks are those of more than 50 ms, as the browser
reports them, in the 30 s after the first face; the heap is that of JavaScript after a garbage
collection, from half a minute after that on. Asserts nothing: it reports.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, expect, sync_playwright
from served import machine, served

from facestream.client.address import Address
from facestream.console import say
from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path, open_page
from tests.browser.film import film, scene

RUN_S = 30.0
SETTLE_S = 30.0
"""Before the heap is read for the first time: code is still compiled, caches fill."""
SAMPLE_S = 30.0

WATCH = """
    window.longTasks = [];
    new PerformanceObserver((list) => {
        for (const { startTime, duration } of list.getEntries()) {
            window.longTasks.push([startTime, duration]);
        }
    }).observe({ type: 'longtask', buffered: true });
    window.drawings = 0;
    const { clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...args) {
        if (this.canvas.id === 'overlay') window.drawings += 1;
        return clearRect.apply(this, args);
    };
    window.results = 0; // the number of the newest frame that was answered
    document.addEventListener('DOMContentLoaded', () => {
        const list = document.getElementById('faces-live');
        new MutationObserver(() => {
            const { seq } = list.firstElementChild?.dataset ?? {};
            if (seq) window.results = Number(seq);
        }).observe(list, { subtree: true, childList: true, attributes: true });
    });
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--photo", type=Path, required=True, help="a portrait of one person")
    parser.add_argument("--minutes", type=float, default=5.0, help="over which the heap is watched")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()

    with served() as server, tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        seen = film(Path(folder) / "camera.mjpeg", [scene(options.photo.read_bytes())])
        browser = started.chromium.launch(
            executable_path=chromium_path(),
            args=[*CHROMIUM_FLAGS, f"--use-file-for-fake-video-capture={seen}"],
        )
        page = open_page(browser, "about:blank")
        page.add_init_script(WATCH)
        page.goto(page_url(server.address))
        expect(page.locator("#faces-live li")).to_have_count(1, timeout=30_000)
        figures = {"machine": machine(), **main_thread(page), **heap(page, options.minutes)}
        browser.close()
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


def page_url(address: Address) -> str:
    """Of the page that belongs to a socket."""
    origin = address.url.removeprefix("ws").removesuffix("/ws")
    return f"http{origin}/?token={address.token}"


def main_thread(page: Page) -> dict[str, Any]:
    """Long tasks, results and drawings in the 30 s from now on."""
    say(f"long tasks in {RUN_S:.0f} s")
    before = page.evaluate("() => [performance.now(), window.results, window.drawings]")
    page.wait_for_timeout(RUN_S * 1000)
    after = page.evaluate("() => [performance.now(), window.results, window.drawings]")
    tasks = [
        duration
        for start, duration in page.evaluate("() => window.longTasks")
        if before[0] <= start < after[0]
    ]
    ran_ms = after[0] - before[0]
    return {
        "frames_per_second": round((after[1] - before[1]) / ran_ms * 1000, 1),
        "drawings_per_second": round((after[2] - before[2]) / ran_ms * 1000, 1),
        "long_tasks": len(tasks),
        "long_task_ms": round(sum(tasks), 1),
        "long_task_share": round(sum(tasks) / ran_ms, 5),
    }


def heap(page: Page, minutes: float) -> dict[str, Any]:
    """What JavaScript holds at first, at the end, and every half a minute in between."""
    session = page.context.new_cdp_session(page)
    page.wait_for_timeout(SETTLE_S * 1000)
    used = [heap_mb(session)]
    for number in range(1, round(minutes * 60 / SAMPLE_S) + 1):
        page.wait_for_timeout(SAMPLE_S * 1000)
        used.append(heap_mb(session))
        say(f"heap after {number * SAMPLE_S:.0f} s: {used[-1]:.2f} MB")
    return {
        "minutes": minutes,
        "heap_mb": [round(one, 2) for one in used],
        "heap_growth_mb": round(used[-1] - used[0], 2),
    }


def heap_mb(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


if __name__ == "__main__":
    main()
