"""Two windows of a real browser talk, and its console stays empty."""

from playwright.sync_api import Page, expect

from tests.projects.clients import free_port, running
from tests.proofs.deployment import deployed
from tests.proofs.subject import SITE, Subject

READS = SITE


def prove(subject: Subject) -> None:
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))

    port = free_port()
    with subject.services() as services:
        env = {**deployed(subject, services), "SECURE_SSL_REDIRECT": "False"}
        command = subject.server(port)
        with running(command, port, subject.folder, **env), subject.browser() as browser:
            context = browser.new_context(viewport={"width": 900, "height": 700})
            pages = [context.new_page() for _ in range(2)]
            for page in pages:
                listen(page)
                page.goto(f"http://127.0.0.1:{port}/")
                expect(page.locator("#status")).to_have_attribute("data-state", "live")
            expect(pages[0].locator("#presence")).to_have_text("2 online")
            pages[0].get_by_role("textbox").fill("<b>Hello</b> 你好!")
            pages[0].get_by_role("textbox").press("Enter")
            for page in pages:
                expect(page.locator("#messages .text")).to_have_text("<b>Hello</b> 你好!")
            pages[1].screenshot(path=subject.caches / f"{subject.answers['server']}.png")
            assert complaints == []
            context.close()
