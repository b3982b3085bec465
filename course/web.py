"""Web pages that open alone, and figures in them: what lesson 12 writes and what marking reports."""

import html

_STYLE = (
    "body{font:17px/1.5 sans-serif;max-width:44em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "h1{font-size:1.5em}h2{font-size:1.1em;margin-top:1.5em}img{max-width:100%}figure{margin:1em 0}"
    ".verdict{border-left:4px solid #31688e;padding:.3em 1em;font-weight:bold}small{color:#555}"
    "table{border-collapse:collapse;margin:1em 0}caption{text-align:left;color:#555}"
    "th,td{padding:.1em .7em;text-align:left;vertical-align:top;border-top:1px solid #ccc}th{font-weight:normal}"
)


def html_page(title, body):
    """A page that opens alone: nothing fetched, no script. title: text. body: HTML. Returns str. Lesson 12."""
    title = html.escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body><main>\n'
        f"<h1>{title}</h1>\n{body}\n</main></body></html>\n"
    )


def html_figure(figure):
    """A Figure of xailab.plot as HTML, its picture inside. Raises ValueError where it has no alternative text. Lesson 12."""
    if not getattr(figure, "alt", ""):
        raise ValueError("a figure has no alternative text: pass figures of xailab.plot.")
    return f"<figure>{figure._repr_mimebundle_()['text/html']}</figure>"
