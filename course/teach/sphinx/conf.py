"""Sphinx's settings for the site of the executed lessons; course.teach.site lays out the sources and calls it."""

project = html_title = "What did the network see?"
copyright = "the course's authors; code MIT, texts and figures CC BY 4.0"
language = "en"
extensions = ["myst_nb", "sphinx.ext.mathjax"]
exclude_patterns = ["notebooks", "tests"]  # they are for download

nb_execution_mode = "off"  # the lessons come with their outputs
nb_ipywidgets_js = {}  # a figure that moves shows its first frame, which needs no script
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

mathjax_path = "mathjax/es5/tex-mml-chtml.js"  # from npm, below _static: nothing is asked of the outside
html_theme = "sphinx_book_theme"
html_theme_options = {
    "show_toc_level": 2,
    "use_fullscreen_button": False,
    "home_page_in_toc": True,
    "navbar_persistent": [],
    "footer_content_items": ["copyright"],  # which names the authors
}
html_context = {"default_mode": "light"}  # the figures are drawn on white
html_show_search_summary = False  # it would fetch pages, which a browser forbids where the site is read from a disk
html_copy_source = False
