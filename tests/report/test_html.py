"""The report as a page: one file, valid, publicly readable, and no value in any of its corners."""

import html
import itertools
import re

import html5lib
import pytest

from bot.data_files import shipped, template_folders
from bot.errors import Refused
from bot.incident import commands as c
from bot.incident.events import NoteAdded
from bot.report.gates import clean_view, demand_clean, texts_of_page
from bot.report.render import fill, render
from bot.report.report_view import report_view
from bot.report.secret_scan import Search, gate, stands_in
from bot.secrets.secret import Secret, use_fingerprint_key
from tests.support.incidents import ANNA, Story, declaration, entry, wanted
from tests.support.reports import closed, still_alive

HEAD = "99:0123abcd"
SHIPPED = template_folders()
CANARY = "nR4wTq82Lx05vBz7"

PAGE = "report.html.j2"


def view_of(story):
    return report_view(story.incident, story.log, HEAD, story.now)


def page_of(story, folders=SHIPPED):
    return fill(PAGE, folders, report=view_of(story))


@pytest.fixture(scope="module")
def stories():

    use_fingerprint_key(bytes(range(32)))
    return {"four": closed(4), "fifteen": closed(15), "alive": still_alive()}


@pytest.fixture(params=["four", "fifteen", "alive"])
def story(request, stories):
    return stories[request.param]


def test_it_is_valid_html_in_one_file_without_scripts(story):
    page = page_of(story)
    html5lib.HTMLParser(strict=True).parse(page)
    assert not re.findall(r"<(?:script|link|img|iframe|object|base)\b|<[^>]* on[a-z]+=", page)
    assert not re.findall(r"url\(|@import", page.partition("</style>")[0])
    assert set(re.findall(r'(?:href|src)="([^"#]*)', page)) == {""}
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets <= set(re.findall(r'id="([^"]+)"', page))
    assert targets


def test_headings_are_in_order_and_each_table_has_heads(story):
    page = page_of(story)
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= before + 1 for before, later in itertools.pairwise(levels))
    assert page.count("<table") == page.count("<thead")
    assert re.search(r'<svg[^>]* aria-label="From exposure to containment. [^"]+"', page)


def test_every_pair_of_colours_has_contrast():
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text; the bars of the drawing need 3 to 1 (1.4.11)."""
    styles = (shipped("templates") / "page.html.j2").read_text()
    themes = re.findall(r":root \{([^}]+)\}", styles)
    assert len(themes) == 3
    for theme in themes:
        colour = dict(re.findall(r"--(\w+): (#[0-9a-f]+)", theme))
        for text in ("ink", "soft", "link", "bad", "good"):
            for ground in ("paper", "panel"):
                assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground, theme)
        for text in ("ink", "bad", "soft", "link"):
            assert contrast(colour[text], colour["badpanel"]) >= 4.5, (text, theme)
        for bar in ("alive", "live", "doubt"):
            assert contrast(colour[bar], colour["paper"]) >= 3, (bar, theme)


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_how_long_it_is(stories):
    lines = {
        name: render(each.incident, each.log, HEAD, SHIPPED, each.now).splitlines() for name, each in stories.items()
    }
    assert len(lines["four"]) < 230
    assert len(lines["fifteen"]) < 380
    assert lines["four"].index("# Appendix: the evidence") < 70


def test_keys_of_which_the_same_is_true_share_a_row(stories):
    rows = view_of(stories["fifteen"])["one"]["rows"]
    assert len(rows) < 6
    assert sum(len(row.keys) + row.more for row in rows) == 15
    assert max(len(row.keys) for row in rows) <= 12
    assert all(len(row.keys) == 1 for row in view_of(stories["four"])["one"]["rows"])


def test_of_very_many_keys_those_are_drawn_that_are_not_over(stories, monkeypatch):
    story = stories["alive"]
    monkeypatch.setattr("bot.report.drawing.MOST_LANES", 2)
    drawing = view_of(story)["one"]["drawing"]
    assert [key.name for key in drawing.keys] == ["stripe-secret-key", "redis-url"]
    assert drawing.more == 2
    assert drawing.words.endswith("2 more keys are not drawn.")
    assert "2 more keys are not drawn" in page_of(story)


def test_page_one_answers_what_a_reader_asks(stories):
    """As of when, how grave and why, whether anyone used it, who answers for what lives, who chose a longer life."""
    head = html.unescape(re.sub(r"<[^>]+>", "", page_of(stories["alive"]).partition("Appendix")[0]))
    assert "DRAFT · OPEN as of 2026-11-25 03:16:00 UTC · SEV 1 because it gives access to payment data" in head
    assert "Was it used?Unknown\nNot answered yet." in head
    assert "stripe-secret-key: old key STILL WORKS (owner platform; only a person can revoke it, at Stripe)." in head
    head = html.unescape(re.sub(r"<[^>]+>", "", page_of(stories["four"]).partition("Appendix")[0]))
    assert "anna declared 4 leaked keys, public; page answered by ben." in head
    assert "sendgrid-api-key: the old key was kept until the new one is in use (replace first), chosen by anna" in head
    assert "Was it used?None seen\n" in head
    assert "Tasks done: Search the history (chloe) and Remove the secret (chloe)." in head
    assert "All 4 keys replaced <1 s after the declaration." in head
    assert "noticed" in re.findall(r">(\w+)</text>", page_of(stories["four"]))


def test_what_is_alive_comes_first(stories):
    page = page_of(stories["alive"])
    head = page.partition("Appendix")[0]
    assert "NOT OVER: 1 old key not dead (stripe-secret-key)" in head
    assert "BROKEN GLASS, NOT REVIEWED" in head
    assert '<td class="bad">NOT YET</td><td>stripe-secret-key dead (STILL WORKS); access contained.' in head
    assert "Rotate the mobile app&#39;s copy (dora, by 2026-11-27 03:00 UTC)" in head
    assert 'class="glass"' in head


def test_both_forms_say_the_same(stories):
    """Each fact of the first page stands in both, with its events."""
    story = stories["alive"]
    one, page = view_of(story)["one"], html.unescape(re.sub(r"<[^>]+>", "", page_of(story)))
    text = render(story.incident, story.log, HEAD, SHIPPED, story.now).replace("\\", "")
    behind = [fact for question in one["questions"] for fact in question.facts]
    told = [step.fact for step in one["path"]]
    several = ("warnings", "lessons", "proof", "open")
    for fact in (*(fact for name in several for fact in one[name]), *behind, *told, one["verdict"]):
        assert fact.text in text
        assert fact.text in page


# --- no value gets in ------------------------------------------------------------------------------------------------


def known():
    return Search({Secret(CANARY).fingerprint})


WRITTEN = {
    "title": lambda: Story(declaration(title=f"leak of {CANARY}")),
    "notice": lambda: Story(declaration(how_noticed=f"saw {CANARY}")),
    "name of the owner": lambda: Story(declaration(wanted(entry(owner=CANARY)))),
    "name of the secret, which is drawn": lambda: Story(declaration(wanted(entry(CANARY.lower(), title="One")))),
}


@pytest.mark.parametrize("place", WRITTEN)
def test_no_text_of_an_incident_reaches_the_page(place):
    canaries = Search({Secret(CANARY).fingerprint, Secret(CANARY.lower()).fingerprint})
    cleaned = clean_view(view_of(WRITTEN[place]()), canaries)
    page = fill(PAGE, SHIPPED, report=cleaned.view)
    assert cleaned.withheld
    assert CANARY.lower() not in page.lower()
    demand_clean(texts_of_page(page), canaries, "the page")


@pytest.mark.parametrize(
    "command", [c.AddNote, lambda text: c.RecordFinding("impact", text), lambda text: c.AddTask(text, text)]
)
def test_nothing_that_people_write_reaches_the_page(command):
    story = Story(declaration())
    story.do(command(f"it was {CANARY}, sorry"), ANNA)
    page = fill(PAGE, SHIPPED, report=clean_view(view_of(story), known()).view)
    assert CANARY not in page
    assert "(withheld: the value with fingerprint" in page


UNSEEN = {
    "no width": "the key was sk_live_\u200ba1B2c3D4e5F6g7H8, they said",
    "white space": "aws_secret_access_key =\n\n\n\n\n\n" + "aB3/+" * 8,
    "a known value": f"it was {CANARY[:4]}\u2060{CANARY[4:]}",
}


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_a_page_does_not_show_hides_no_value_in_a_log(text):
    story = Story(declaration())
    story.record(NoteAdded(text), "eve")
    assert [row.seq for row in story.log if stands_in(row.event, known())] == [story.log[-1].seq]
    cleaned = clean_view(view_of(story), known())
    demand_clean(texts_of_page(fill(PAGE, SHIPPED, report=cleaned.view)), known(), "the page")
    assert cleaned.withheld
    assert gate(render(story.incident, story.log, HEAD, SHIPPED, story.now), known()).withheld


HALF, REST = CANARY[:7], CANARY[7:]
CORNERS = {
    "a text": f"<p>{CANARY}</p>",
    "split by an element": f"<p>{HALF}<b>{REST}</b></p>",
    "split over two blocks": f"<div>{HALF}</div><div>{REST}</div>",
    "as entities": "<p>" + "".join(f"&#{ord(each)};" for each in CANARY) + "</p>",
    "an attribute": f'<p title="{CANARY}">x</p>',
    "the name of an attribute": f"<p {CANARY.lower()}>x</p>",
    "a link": f'<a href="https://x.example/?k={CANARY}">x</a>',
    "a comment": f"<!-- {CANARY} -->",
    "the title": f"<title>{CANARY}</title>",
    "a style": f"<style>p::after {{ content: '{CANARY}' }}</style>",
    "the drawing": f"<svg><text>{CANARY}</text></svg>",
    "the drawing, in two": f"<svg><text>{HALF}<tspan>{REST}</tspan></text></svg>",
    "the drawing's label": f'<svg aria-label="one {CANARY} two"></svg>',
}


@pytest.mark.parametrize("corner", CORNERS)
def test_no_corner_of_a_page_holds_a_value(corner):
    canaries = Search({Secret(CANARY).fingerprint, Secret(CANARY.lower()).fingerprint})
    with pytest.raises(Refused, match="Nothing was filed") as refused:
        demand_clean(texts_of_page(f"<html><body>{CORNERS[corner]}</body></html>"), canaries, "the page")
    assert CANARY not in str(refused.value)
    assert " in the " in str(refused.value) or " in a " in str(refused.value)


def test_what_people_write_stays_text_in_html_too():
    evil = "<script>alert(1)</script> {{ 7 * 7 }} \u202egnp \x1b[31m <b onclick=x>"
    story = Story(declaration(title=evil, how_noticed=evil))
    story.do(c.AddNote(evil), ANNA)
    page = page_of(story)
    html5lib.HTMLParser(strict=True).parse(page)
    assert not re.search(r"<script|<b onclick|\u202e|\x1b", page)
    assert "49" not in re.findall(r"\b49\b", page)


def test_a_template_of_ones_own_comes_first(tmp_path):
    (tmp_path / "report.html.j2").write_text("<p>Ours: {{ report.title }}</p>")
    assert page_of(Story(declaration(title="a<b"))).count("a&lt;b")
    assert page_of(Story(declaration(title="a<b")), (tmp_path, *SHIPPED)) == "<p>Ours: a&lt;b</p>\n"


def test_a_view_that_holds_nothing_is_as_it_was(stories):
    view = view_of(stories["four"])
    cleaned = clean_view(view, known())
    assert (cleaned.view, cleaned.withheld) == (view, 0)
    assert {**view, "withheld": "x"} != view
