"""mrkdwn as HTML."""

from __future__ import annotations

import time

import pytest

from bot.drill.fakes.slack.mrkdwn import date, render


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*b* _i_ ~s~ 2*3*4 snake_case_name", "<strong>b</strong> <em>i</em> <s>s</s> 2*3*4 snake_case_name"),
        ("`a*b*c` ```x <y>```", "<code>a*b*c</code> <pre>x &lt;y&gt;</pre>"),
        ("&lt;@U1&gt; &amp; <@U1>", '&lt;@U1&gt; &amp; <span class="mention">@ann</span>'),
        ("<#C1> <!here>", '<span class="mention">#room</span> <span class="mention">@here</span>'),
        ("<https://x.test/?a=1&amp;b=2|go> <https://x.test>",
         ('<a href="https://x.test/?a=1&amp;b=2" rel="noreferrer">go</a> '
         '<a href="https://x.test" rel="noreferrer">https://x.test</a>')),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ('<https://x.test/"onclick="x|y>', '<a href="https://x.test/&quot;onclick=&quot;x" rel="noreferrer">y</a>'),
        ("<!date^1800000000^{date_num} {time} {odd}|then>", "2027-01-15 08:00 {odd}"),
        ("&gt; quoted\nafter", "<blockquote>quoted</blockquote>after"),
        (":key: :unknown:", "🔑 :unknown:"),
        ("a\nb", "a<br>b"),
    ],
)  # fmt: skip
def test_mrkdwn(text, html):
    assert render(text, {"U1": {"name": "ann"}}, {"C1": {"name": "room"}}) == html


@pytest.mark.parametrize(("seconds", "words"), [(620, "in 10 minutes"), (-3 * 3600, "3 hours ago")])
def test_how_long_until_or_since_is_filled_in(seconds, words):
    assert date(int(time.time()) + seconds, "({ago})") == f"({words})"
