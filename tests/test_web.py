"""Pages that open alone: whole, with nothing fetched and no text taken for a tag, and figures that everybody can read."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from course.web import html_figure, html_page
from xailab import plot


def test_a_page_is_whole_has_its_title_twice_and_fetches_nothing(read_page):
    page = html_page("A page", "<p>Its body</p>")
    read = read_page(page)
    assert read.text.split() == ["A", "page", "A", "page", "Its", "body"]
    assert [tag for tag, _ in read.tags] == [
        "html",
        "head",
        "meta",
        "title",
        "meta",
        "style",
        "body",
        "main",
        "h1",
        "p",
    ]
    assert page.startswith("<!DOCTYPE html>") and not re.search(r"https?:|url\(|<script|<link|@import", page)


def test_a_title_is_text_and_no_tag(read_page):
    page = html_page("<script>alert(1)</script> & 부품", "")
    assert "script" not in {tag for tag, _ in read_page(page).tags} and page.count("&lt;script&gt;") == 2
    assert read_page(page).text.count("<script>alert(1)</script> & 부품") == 2


def test_a_figure_holds_its_picture_and_its_alternative_text(read_page):
    figure = plot.grid([np.eye(4)], title="A diagonal", alt="A white diagonal on black, four cells long.")
    (outer, _), (tag, image) = read_page(html_figure(figure)).tags
    assert (outer, tag, image["alt"]) == ("figure", "img", figure.alt)
    head, _, data = image["src"].partition(",")
    assert head == "data:image/png;base64" and Image.open(io.BytesIO(base64.b64decode(data))).format == "PNG"


@pytest.mark.parametrize("figure", [object(), None])
def test_a_figure_without_alternative_text_is_refused(figure):
    with pytest.raises(ValueError, match="no alternative text: pass figures of xailab.plot"):
        html_figure(figure)
