"""Looks at the status page in a headless Chromium: `page.py URL [SCREENSHOT]`.

While commands run, the figures and charts have to be there, to change by themselves, and to come from
nowhere else.
"""

import json
import shutil
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

url = sys.argv[1]
screenshot = sys.argv[2] if len(sys.argv) > 2 else None

FLAGS = """--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    --window-size=1280,1500""".split()
CHARTS = ["hit-ratio", "operations", "latency", "writes", "dirty", "lag", "remote", "clients", "disk"]
TILES = ["hit-ratio", "operations", "p99", "dirty", "lag", "dead-letters"]


def look(browser):
    browser.set_page_load_timeout(60)
    browser.get(url)
    wait = WebDriverWait(browser, 60)

    def text(selector):
        return texts(selector)[0]

    def texts(selector):
        # In one go: the page changes meanwhile.
        script = "return [...document.querySelectorAll(arguments[0])].map(one => one.innerText)"
        return browser.execute_script(script, selector)

    def chart(name):
        path = browser.find_element(By.CSS_SELECTOR, f'[data-chart="{name}"] path.a')
        return path.get_attribute("d")

    def counts(_=None):
        return {row.split()[0]: row for row in texts("#commands tbody tr")}

    # Figures and charts are there.
    wait.until(lambda _: "GET" in counts() and "SET" in counts())
    wait.until(lambda _: all("L" in chart(name) for name in CHARTS))
    for name in CHARTS:
        assert any(mark.isdigit() for mark in text(f'[data-chart="{name}"] .now')), name
    for name in TILES:
        assert any(mark.isdigit() for mark in text(f'[data-tile="{name}"] b')), name
    assert "%" in text('[data-tile="hit-ratio"] b')
    latencies = counts()["GET"]
    assert latencies.count("s") >= 3, latencies
    assert "p50" in text('[data-chart="latency"] .now') and "p99" in text('[data-chart="latency"] .now')
    assert any("connected" in row for row in texts("#lanes tbody tr")), texts("#lanes tbody tr")
    assert text("#state") == "all is well", text("#state")

    # They change, and nobody has loaded the page again.
    browser.execute_script("window.stillTheSame = true")
    before = {name: chart(name) for name in CHARTS}
    rows = counts()
    wait.until(lambda _: counts()["SET"] != rows["SET"])
    for name in ["hit-ratio", "operations", "latency", "writes"]:
        wait.until(lambda _, name=name: chart(name) != before[name])
    assert browser.execute_script("return window.stillTheSame")

    if screenshot:
        browser.save_screenshot(screenshot)

    # Nothing comes from outside (`chrome:` is the browser's own first page), and nothing is wrong with the page.
    fetched = set()
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            fetched.add(message["params"]["request"]["url"])
    outside = [one for one in fetched if not one.startswith((url, "data:", "chrome:"))]
    assert url in fetched and not outside, fetched
    errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not errors, errors


with tempfile.TemporaryDirectory() as profile:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    try:
        look(browser)
    finally:
        browser.quit()

print("all is well")
