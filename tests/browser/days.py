"""Each persona's day in real Chromium, with scripts and without; every page's HTML, width, colours and roles."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

ADDRESS, ACCOUNTS, BROWSER, SHOTS, CHECKER = sys.argv[1:6]
HTML = Path(tempfile.mkdtemp(prefix="guatu-html."))
WIDTHS = (390, 768, 1440, 2560)
HOSPITAL = "wuwei-145.5-2.minqin-peoples-hospital"
NOWHERE = "/nowhere"
SHEET = "/plans/wuwei-145/observations"  # sent once with a fault, to see it told
OF_EVERYBODY = ["/", "/overview", "/overview?as_of=2023-06-30", "/overdue", "/overdue?region=620622", "/projects",
                "/projects?q=%E5%8C%BB%E9%99%A2", "/commitments", "/commitments?standing=behind",
                "/commitments/wuwei-145.1.new-urban-jobs", "/commitments/wuwei-145.1.sports-area",
                "/plans/wuwei-145/assessment", "/plans/wuwei-145/assessment?stage=final&as_of=2023-12-31",
                "/plans/wuwei-145/carry-overs", "/plans/wuwei-145/observations/waiting", "/plans/wuwei-145", "/plans/wuwei-145/1",
                "/plans/wuwei-145/12", "/plans/wuwei-145/lights", f"/projects/{HOSPITAL}", "/changes", "/changes?state=approved", "/reports", "/reports?month=2024-08",
                f"/projects/{HOSPITAL}/reports/2024-08", "/reports?as_of=2024-08-31", f"/projects/{HOSPITAL}/investment",
                 "/comparison?from=2023-06-30&to=2024-06-30", "/password", "/acting", NOWHERE]
PERSONAS = {
    "wuwei-planner": OF_EVERYBODY + ["/plans/wuwei-145/5/confirm", "/plans/wuwei-145/19/confirm",
                                      "/plans/wuwei-145/5/new?initiative=wuwei-145.5-2", "/plans/wuwei-145/5/request?initiative=wuwei-145.5-2", f"/projects/{HOSPITAL}/manage"],
    "wuwei-supervisor": OF_EVERYBODY,
    "wuwei-administrator": ["/", "/admin", "/admin/organisations", "/admin/organisations/minqin.health", "/log"],
    "wuwei-education-staff": ["/commitments", "/plans/wuwei-145/observations", "/plans/wuwei-145/observations?on=2023-12-31"],
    "gulang-planner": ["/", "/overview", "/overdue", "/projects"],
}
PUBLIC = ["/sign-in", "/public", "/public/plans/wuwei-145/1", "/public/plans/wuwei-145/5", f"/public/projects/{HOSPITAL}"]

accounts = {one["username"]: one["password"] for one in json.loads(Path(ACCOUNTS).read_text())}
failures = []
checked = {"pages": 0, "axe": 0, "html": 0}


def fail(where, what):
    failures.append(f"{where}: {what}")
    print("FAILED", where, what, flush=True)


def context(browser, **options):
    """A browser of its own that tells what it should not have seen."""
    made = browser.new_context(locale="zh-CN", **options)
    page = made.new_page()
    page.set_default_timeout(90_000)  # machines are shared and slow at times
    page.on("console", lambda m: m.type in ("error", "warning")
            and not ("404" in m.text and m.location.get("url", "").endswith(NOWHERE))
            and not ("400" in m.text and m.location.get("url", "").endswith(SHEET)) and fail(page.url, f"console: {m.text}"))
    page.on("pageerror", lambda e: fail(page.url, f"script: {e}"))
    page.on("request", lambda r: urlsplit(r.url).netloc != urlsplit(ADDRESS).netloc and fail(page.url, f"asks {r.url}"))
    page.on("response", lambda r: r.status >= 500 and fail(r.url, f"status {r.status}"))
    return made, page


def sign_in(page, username):
    page.goto(ADDRESS + "/sign-in")
    page.fill("#f-username", username)
    page.fill("#f-password", accounts[username])
    page.click("main button")
    page.wait_for_url(ADDRESS + "/")


def sign_out(page):
    page.click("header button")
    page.wait_for_url(re.compile("/sign-in"))
    page.goto(ADDRESS + "/projects")
    if "/sign-in" not in page.url:
        fail("sign-out", "the pages still answer")


def named(path):
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:60] or "start"


def arrived(path, page, answer, username):
    """The page that was asked for, and no refusal or sign-in in its place."""
    wanted = 404 if path == NOWHERE else 200
    if answer.status != wanted or urlsplit(page.url).path != urlsplit(path).path:
        fail(path, f"{username or 'everybody'}: {answer.status} at {page.url}")


def look(browser, username, paths):
    """Every page at every width and in both themes: it fits, reads, and is sound."""
    for scheme in ("light", "dark"):
        made, page = context(browser, color_scheme=scheme, viewport={"width": 1440, "height": 900})
        strict, judge = context(browser, color_scheme=scheme, viewport={"width": 1440, "height": 900}, bypass_csp=True)
        for one in (page, judge):
            if username:
                sign_in(one, username)
        for path in paths:
            answer = page.goto(ADDRESS + path)
            arrived(path, page, answer, username)
            checked["pages"] += 1
            if scheme == "light":
                # All are checked together at the end: the checker takes a second to start.
                checked["html"] += 1
                name = f"{checked['html']:03}-{username or 'everybody'}-{named(path)}.html"
                (HTML / name).write_text(answer.text())
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                    if over > 0:
                        fail(f"{path} at {width}", f"{over} pixels too wide")
                    if width != 2560:
                        shot = f"{SHOTS}/{username or 'everybody'}-{named(path)}-{width}.png"
                        page.screenshot(path=shot, full_page=width == 390 or len(path) < 12)
                page.set_viewport_size({"width": 1440, "height": 900})
            arrived(path, judge, judge.goto(ADDRESS + path), username)
            found = Axe().run(judge)
            checked["axe"] += 1
            for violation in found.response["violations"]:
                nodes = [node["html"][:160] for node in violation["nodes"][:3]]
                fail(f"{path} {scheme}", f"axe {violation['id']}: {violation['help']} {nodes}")
        made.close()
        strict.close()


def look_once(browser, page, username, path, picture="clerk-milestone"):
    """A page that only exists in the middle of a day: its colours and roles, its widths, its picture."""
    made, judge = context(browser, bypass_csp=True, viewport={"width": 1440, "height": 900})
    sign_in(judge, username)
    arrived(path, judge, judge.goto(ADDRESS + path), username)
    for violation in Axe().run(judge).response["violations"]:
        fail(path, f"axe {violation['id']}: {[node['html'][:160] for node in violation['nodes'][:3]]}")
    made.close()
    page.goto(ADDRESS + path)
    for width in WIDTHS[:3]:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            fail(f"{path} at {width}", f"{over} pixels too wide")
        page.screenshot(path=f"{SHOTS}/{picture}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})


def clerk_and_reviewer(browser, scripts):
    """A clerk reports what is late, the lead's reviewer returns it, it is reported again and verified."""
    options = {"java_script_enabled": scripts, "viewport": {"width": 1280, "height": 900}}
    for username in [name for name in accounts if name.endswith("-staff")]:
        made, page = context(browser, **options)
        sign_in(page, username)
        boxes = page.locator("input[name=pick]")
        if boxes.count() == 0:
            made.close()
            continue
        name = page.locator("td.title a").first.inner_text()
        href = page.locator("td.title a").first.get_attribute("href")
        if scripts:
            # One by one, with a file.
            page.goto(ADDRESS + href)
            page.set_input_files("#f-file", {"name": "批复.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"})
            page.click("form[action$='/evidence'] button")
            page.wait_for_url(re.compile("done=uploaded"))
            if "批复.pdf" not in page.locator("form[action$='/report']").inner_text():
                fail("clerk", "the file does not stand in the report")
            look_once(browser, page, username, href)
            page.fill("#f-note", "浏览器里上报")
            page.click("form[action$='/report'] button")
        else:
            # Several at once.
            boxes.first.check()
            page.fill("#f-note", "浏览器里上报")
            page.click("text=上报勾选的节点")
        page.wait_for_url(re.compile("done=reported"))
        page.goto(ADDRESS + href)
        if "待核验" not in page.locator("h1").inner_text():
            fail("clerk", f"{name} is not reported")
        lead = page.locator("aside dd").nth(3 if page.locator("aside dd").count() == 5 else 2).inner_text()
        sign_out(page)
        made.close()
        return verified(browser, options, href, lead)
    fail("clerk", "nobody has anything to report")


def verified(browser, options, href, lead):
    for username in [name for name in accounts if name.endswith("-reviewer")]:
        made, page = context(browser, **options)
        sign_in(page, username)
        if lead not in page.locator("main .lead").first.inner_text():
            made.close()
            continue
        page.goto(ADDRESS + href)
        if page.locator("text=核验属实").count() == 0:
            made.close()
            continue
        page.click("form[action$='/return'] button")
        page.locator("#faults").wait_for()
        page.click("text=核验属实")
        page.wait_for_url(re.compile("done=verified"))
        page.goto(ADDRESS + href)
        if "已核验" not in page.locator("h1").inner_text():
            fail("reviewer", "not verified")
        sign_out(page)
        made.close()
        return
    # A lead that reports for itself is verified by a planner.
    made, page = context(browser, **options)
    sign_in(page, "wuwei-planner")
    page.goto(ADDRESS + href)
    if page.locator("text=核验属实").count() == 0:
        fail("reviewer", f"nobody verifies what {lead} leads")
    else:
        page.click("text=核验属实")
        page.wait_for_url(re.compile("done=verified"))
    made.close()


def supervisor(browser, scripts):
    """From the wall to a county's list to one milestone, and a past day."""
    made, page = context(browser, java_script_enabled=scripts, viewport={"width": 1440, "height": 900})
    sign_in(page, "wuwei-supervisor")
    page.click("nav >> text=总览")
    page.wait_for_url(re.compile("/overview"))
    cell = page.locator("a.cell.red, a.cell.yellow").first
    count = cell.locator("b").inner_text().split()[0]
    cell.click()
    page.wait_for_url(re.compile("/projects"))
    if f"共 {count} 个项目" not in page.locator("main").inner_text():
        fail("supervisor", "the cell and its list disagree")
    page.click("nav >> text=逾期")
    page.wait_for_url(re.compile("/overdue"))
    page.locator("nav.facets a").nth(1).click()
    page.wait_for_url(re.compile("region="))
    page.click("text=90 天以上")
    page.wait_for_url(re.compile("days_overdue_min=90"))
    if page.locator("td.title").count() == 0 or page.locator("ul.chips[aria-label=已选条件] li").count() < 3:
        fail("supervisor", "the filters did not narrow")
    page.fill("#f-as_of", "2023-12-31")
    page.click("main form[role=search] button")
    page.wait_for_url(re.compile("as_of=2023-12-31"))
    if "截至 2023-12-31" not in page.locator("main").inner_text():
        fail("supervisor", "no past day")
    if scripts:
        # The list answers while one types.
        found = page.locator("td.title").count()
        page.locator("#f-q").press_sequentially("医院")
        page.wait_for_url(re.compile("q=%E5%8C%BB%E9%99%A2"))
        page.wait_for_function("document.querySelectorAll('#chosen li').length >= 4")
        if page.locator("td.title").count() > found or page.evaluate("document.activeElement.id") != "f-q":
            fail("supervisor", "typing does not narrow the list in place")
        page.goto(page.url.replace("q=%E5%8C%BB%E9%99%A2", "q="))
    page.locator("td.title a").first.click()
    page.wait_for_url(re.compile("/milestones/"))
    if page.locator("form[action$='/report']").count():
        fail("supervisor", "is offered to report")
    sign_out(page)
    made.close()


def planner(browser, scripts):
    """Confirms a project of a box on the bench."""
    made, page = context(browser, java_script_enabled=scripts, viewport={"width": 1440, "height": 900})
    sign_in(page, "wuwei-planner")
    page.click("nav >> text=规划")
    # A click does not wait for the page that it leads to; a list that is read does not either.
    page.wait_for_url(re.compile("/plans/"))
    page.locator("text=确认建议").first.wait_for()
    for href in [row.get_attribute("href") for row in page.locator("text=确认建议").all()]:
        page.goto(ADDRESS + href)
        if page.locator("input[name=pick]").count():
            break
        page.goto(ADDRESS + "/plans/wuwei-145")
    before = int(re.search(r"还有 (\d+) 个", page.locator("main").inner_text()).group(1))
    page.locator("input[name=pick]").first.check()
    page.click("text=确认勾选的项目")
    page.wait_for_url(re.compile("done=confirmed"))
    after = re.search(r"还有 (\d+) 个", page.locator("main").inner_text())
    if int(after.group(1)) != before - 1:
        fail("planner", f"{before} before, {after.group(1)} after")
    sign_out(page)
    made.close()


def administrator(browser, scripts):
    """Makes a user, who signs in and chooses his password."""
    made, page = context(browser, java_script_enabled=scripts, viewport={"width": 1440, "height": 900})
    sign_in(page, "wuwei-administrator")
    page.click("nav >> text=管理")
    page.wait_for_url(re.compile("/admin"))
    username = f"browser.{time.monotonic_ns()}"
    page.fill("#f-username", username)
    page.fill("#f-display_name", "浏览器测试")
    page.select_option("#f-organisation", "minqin.health")
    page.select_option("#f-role", "staff")
    page.click("main form[action='/admin/users'] button")
    password = page.locator("code").first.inner_text()
    sign_out(page)
    page.goto(ADDRESS + "/sign-in")
    page.fill("#f-username", username)
    page.fill("#f-password", password)
    page.click("main button")
    page.wait_for_url(re.compile("/password"))
    page.fill("#f-old_password", password)
    page.fill("#f-new_password", "a-good-password-17")
    page.fill("#f-again", "a-good-password-17")
    page.click("main form[action='/password'] button")
    page.wait_for_url(re.compile("done=password"))
    sign_out(page)
    # What the browser kept of the pages is not shown once he is out.
    page.go_back()
    if "待办" in page.title() and page.locator("header button").count():
        fail("sign-out", "a private page came back from the cache")
    made.close()


def long_texts(browser, _scripts):
    """The longest that a field takes breaks no page at any width."""
    made, page = context(browser, viewport={"width": 1440, "height": 900})
    sign_in(page, "wuwei-planner")
    path = f"/projects/{HOSPITAL}"
    page.goto(f"{ADDRESS}{path}/manage")
    before = page.input_value("#f-edit-title")
    page.fill("#f-edit-title", "长" * 100 + "A" * 100)
    page.fill("#f-edit-description", "说明" * 2000 + "B" * 1000)
    page.fill("#f-edit-components", "\n".join("组成" + "C" * 90 for _ in range(20)))
    page.click(f"form[action='{path}/edit'] button")
    page.wait_for_url(re.compile("done=saved"))
    for where in (path, f"{path}/manage", "/projects?q=%E9%95%BF%E9%95%BF", "/plans/wuwei-145/5", "/"):
        page.goto(ADDRESS + where)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 0:
                fail(f"{where} at {width}, long texts", f"{over} pixels too wide")
        if where == path:
            page.set_viewport_size({"width": 390, "height": 900})
            page.screenshot(path=f"{SHOTS}/long-texts-390.png")
    page.goto(f"{ADDRESS}{path}/manage")
    page.fill("#f-edit-title", before)
    page.fill("#f-edit-description", "")
    page.fill("#f-edit-components", "")
    page.click(f"form[action='{path}/edit'] button")
    page.wait_for_url(re.compile("done=saved"))
    sign_out(page)
    made.close()


def divided(browser, scripts):
    """A planner divides a project between two counties; the hospital finds its county's report."""
    made, page = context(browser, java_script_enabled=scripts, viewport={"width": 1440, "height": 900})
    sign_in(page, "wuwei-planner")
    path = f"/projects/{HOSPITAL}"
    page.goto(f"{ADDRESS}{path}/manage")
    for region, quantity in (("620621", "1"), ("620622", "2" if scripts else "737")):
        page.check(f"[name=taken-{region}]")
        page.fill(f"[name=quantity-{region}]", quantity)
    page.fill("[name=organisation-620622]", "gulang.health")
    page.click("text=保存分县任务")
    page.wait_for_url(re.compile("done=saved"))
    page.goto(ADDRESS + path)
    text = page.locator("section[aria-labelledby=h-parts]").inner_text()
    if "民勤县" not in text or "古浪县卫生健康局" not in text or (not scripts and "737" not in text):
        fail("parts", text)
    if scripts:
        look_once(browser, page, "wuwei-planner", path, "divided-project")
        look_once(browser, page, "wuwei-planner", f"{path}/manage", "divided-manage")
        look_once(browser, page, "minqin-peoples-hospital-staff", f"{path}/reports/2024-09/620621", "part-report")
    sign_out(page)
    made.close()


def asked(browser, scripts):
    """A county's reviewer asks for a project from its box; the planner finds and approves it."""
    options = {"java_script_enabled": scripts, "viewport": {"width": 1440, "height": 900}}
    slug = "asked-with" if scripts else "asked-without"
    made, page = context(browser, **options)
    sign_in(page, "gulang-reviewer")
    page.goto(f"{ADDRESS}/plans/wuwei-145/12")
    page.locator("text=申请增加项目").first.click()
    page.wait_for_url(re.compile("/request"))
    page.fill("#f-new-title", f"古浪县幼儿园 {slug}")
    page.fill("#f-new-slug", slug)
    page.select_option("#f-new-kind", "new_build")
    page.select_option("#f-new-region", "620622")
    page.fill("#f-new-responsible", "gulang.education")
    page.fill("#f-new-due_on", "2025-12-31")
    page.fill("#f-new-reason", "新区学位不足")
    page.click("main form button")
    page.wait_for_url(re.compile("done=asked"))
    if scripts:
        look_once(browser, page, "gulang-reviewer", "/changes?kind=add_project", "asked-project")
    sign_out(page)
    made.close()
    made, page = context(browser, **options)
    sign_in(page, "wuwei-planner")
    page.goto(f"{ADDRESS}/changes?kind=add_project&state=open")
    if slug not in page.locator("main").inner_text():
        fail("asked", "the planner does not find the request")
    page.locator("form[action$='/approve'] button").first.click()
    page.wait_for_url(re.compile("done="))
    page.goto(f"{ADDRESS}/projects?q={slug}")
    if page.locator("td.title").count() != 1:
        fail("asked", "the project is not there")
    sign_out(page)
    made.close()


def figures(browser, scripts):
    """The education bureau's clerk files the figures of a period on one sheet; the planner confirms them at once."""
    options = {"java_script_enabled": scripts, "viewport": {"width": 1440, "height": 900}}
    clerk = "wuwei-education-staff"
    day = "2024-03-31" if scripts else "2024-06-30"
    made, page = context(browser, **options)
    sign_in(page, clerk)
    page.click("nav >> text=指标与承诺")
    page.click("main >> text=填报数据")
    page.wait_for_url(re.compile(SHEET))
    page.fill("#f-observed_on", day)
    page.click("text=换一期")
    page.wait_for_url(re.compile(f"on={day}"))
    values = page.locator("input[name^=value-]")
    if values.count() < 2:
        fail("figures", f"only {values.count()} lines")
    page.fill("#f-source", "教育事业统计季报")
    values.nth(0).fill("许多")
    values.nth(1).fill("96.5")
    page.click("text=提交填好的数")
    page.locator("#faults").wait_for()
    if scripts:
        page.screenshot(path=f"{SHOTS}/figures-faults-1440.png", full_page=True)
    if values.nth(0).input_value() != "许多" or values.nth(1).input_value() != "96.5":
        fail("figures", "what was typed is lost")
    values.nth(0).fill("96.6")
    page.click("text=提交填好的数")
    page.wait_for_url(re.compile("done=observed"))
    if page.locator("td >> text=原填").count() != 2:
        fail("figures", "two figures do not wait")
    if scripts:
        look_once(browser, page, clerk, f"{SHEET}?on={day}", "figures-sheet")
    sign_out(page)
    made.close()
    made, page = context(browser, **options)
    sign_in(page, "wuwei-planner")
    page.click("nav >> text=指标与承诺")
    page.click("main >> text=待确认的数据")
    page.wait_for_url(re.compile("/waiting"))
    mine = page.locator(f"tr:has-text('{day}') input[name=pick]")
    if mine.count() != 2:
        fail("figures", f"{mine.count()} wait for the planner")
    if scripts:
        look_once(browser, page, "wuwei-planner", f"{SHEET}/waiting", "figures-waiting")
    for box in mine.all():
        box.check()
    page.click("text=确认勾选的数据")
    page.wait_for_url(re.compile("done=confirmed"))
    if page.locator(f"tr:has-text('{day}')").count():
        fail("figures", "what was confirmed waits still")
    sign_out(page)
    made.close()


def valid():
    """Every page kept is HTML as the W3C's checker has it."""
    pages = sorted(str(page) for page in HTML.glob("*.html"))
    told = subprocess.run(["java", "-jar", CHECKER, "--errors-only", "--format", "json", *pages],
                          capture_output=True, text=True, check=False)
    for one in json.loads(told.stderr)["messages"]:
        fail(Path(one["url"]).name, f"HTML: {one['message']} {one.get('extract', '')[:160]!r}")


with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path=BROWSER, args=[
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync"])
    for with_scripts in (True, False):
        days = (clerk_and_reviewer, supervisor, planner, administrator, divided, asked, figures) + ((long_texts,) if with_scripts else ())
        for day in days:
            how = "with scripts" if with_scripts else "without scripts"
            try:
                day(chromium, with_scripts)
                print("day", day.__name__, how, flush=True)
            except Exception as error:  # one persona's bad day is told with the others'
                fail(day.__name__, f"{how}: {error}")
    if os.environ.get("DAYS_ONLY") != "yes":
        look(chromium, None, PUBLIC)
        for who, where in PERSONAS.items():
            look(chromium, who, where)
            print("looked at", who, flush=True)
    chromium.close()
if checked["html"]:
    valid()

print(f"{checked['pages']} pages, {checked['html']} HTML, {checked['axe']} axe")
print(f"{14 - len(failures) if len(failures) < 14 else 0} passed, {len(failures)} failed")
sys.exit(1 if failures else 0)
