"""Pictures with their heat maps: side by side, laid over each other, layer by layer."""

import textwrap

import numpy as np
from matplotlib.colors import Normalize

from xailab._validate import check_heatmap
from xailab.plot.figure import WIDEST, colours, new_figure, write_numbers


def grid(images, titles=None, *, title, columns=None, cmap="gray", numbers=False, alt=None):
    """Draw images or maps side by side on one common scale.

    images: sequence of arrays (H, W) or RGB (H, W, 3); maps of different sizes may be mixed.
    titles: one a panel. title: above all. columns: panels a row, at most 6 unless told.
    cmap: colour map of the (H, W) ones; with negative values coolwarm, centred on zero, whatever is asked for.
    numbers: write each value into its cell, for small maps. alt: alternative text; by default title and panels.
    Returns a Figure, with a colour bar when there are (H, W) panels. Raises ValueError for no or odd-shaped images.
    Lesson 01.
    """
    images = [np.asarray(image) for image in images]
    if not images:
        raise ValueError("there are no images to draw: pass at least one array (H, W) or (H, W, 3).")
    for image in images:
        if image.ndim != 2 and (image.ndim != 3 or image.shape[-1] not in (3, 4)):
            raise ValueError(f"an image has shape {image.shape}: (H, W) or RGB (H, W, 3) was expected.")
    columns = columns or min(len(images), 6)
    rows = -(-len(images) // columns)
    if alt is None:
        alt = (
            f"{title}: {len(images)} panel(s)"
            + (": " + "; ".join(map(str, titles)) if titles is not None else "")
            + "."
        )
    side = min(1.9, WIDEST / columns)
    figure = new_figure(title, max(4.0, side * columns), 0.5 + (side * _flatness(images) + 0.2) * rows, alt)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    flat = np.concatenate([image.ravel() for image in images if image.ndim == 2] or [np.zeros(1)]).astype(float)
    scale = colours(flat) if flat.min() < 0 else {"cmap": cmap, "norm": Normalize(0, flat.max() or 1)}
    drawn = None
    for axes in panels[len(images) :]:
        axes.axis("off")
    for index, (axes, image) in enumerate(zip(panels, images)):
        if image.ndim == 2:
            drawn = _show(axes, image, **scale)
            if numbers:
                write_numbers(axes, image, drawn)
        else:
            _show(axes, image)
        if titles is not None:
            axes.set_title(textwrap.fill(str(titles[index]), max(int(side / 0.085), 8)), fontsize=10)
    if drawn is not None:
        figure.colorbar(drawn, ax=list(panels), shrink=0.8)
    return figure


def overlay(image, heatmap, *, title, alt=None):
    """Show an image, its heat map with a scale, and the map laid over the image.

    image: uint8 or 0-1 float, (H, W) or RGB (H, W, 3). heatmap: float (H, W), higher = more evidence for the target.
    title: above all. alt: alternative text; by default title and where the map is highest.
    Returns a Figure. Raises ValueError for a heat map of another size, or with NaN. Lesson 00.
    """
    heatmap = check_heatmap(heatmap, image)
    alt = alt or f"{title}: the image, its heat map, and both together; the map is highest at the {_peak(heatmap)}."
    figure = new_figure(title, WIDEST, 3.3, alt)
    photo, raw, both = figure.subplots(1, 3)
    _show(photo, image, cmap="gray")
    photo.set_title("image", fontsize=10)
    drawn = _show(raw, heatmap, **colours(heatmap))
    raw.set_title("heat map", fontsize=10)
    figure.colorbar(drawn, ax=raw, shrink=0.8)
    _blend(both, image, heatmap)
    both.set_title("overlay", fontsize=10)
    return figure


def _blend(axes, image, heatmap):
    """The image as it is, and over it the map, the denser the more it says: where it says nothing, nothing is changed."""
    _show(axes, image, cmap="gray")
    strength = np.abs(heatmap) / (np.abs(heatmap).max() or 1)
    axes.imshow(heatmap, alpha=0.8 * strength, **colours(heatmap))


def layer_strip(image, maps, *, title, clip=100, alt=None):
    """Show the heat maps of several layers, each on its own scale, beside the image they explain.

    image: as in overlay. maps: {layer name: float (H, W)}, in the order of the network. title: above all.
    clip: percentile of each map's absolute values that takes the full colour; with 99, one bright pixel in a hundred no
    longer hides the rest, and the colour bar says so. alt: alternative text; by default title, and where each map is highest.
    Returns a Figure: every panel says its largest value, since the layers' scales differ. Raises ValueError as overlay.
    Lesson 04.
    """
    maps = {name: check_heatmap(heatmap, image) for name, heatmap in maps.items()}
    if not maps:
        raise ValueError("there are no maps to draw: pass {layer name: heat map (H, W)}.")
    columns = min(7, 1 + len(maps))
    rows = -(-(1 + len(maps)) // columns)
    alt = (
        alt or f"{title}. Highest at: " + ", ".join(f"{name} {_peak(heatmap)}" for name, heatmap in maps.items()) + "."
    )
    side = min(1.75, WIDEST / columns)
    figure = new_figure(title, side * columns, 0.5 + (side * _flatness([image]) + 0.3) * rows, alt)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[1 + len(maps) :]:
        axes.axis("off")
    _show(panels[0], image, cmap="gray")
    panels[0].set_title("image", fontsize=10)
    signed = min(heatmap.min() for heatmap in maps.values()) < 0  # one colour bar must serve all panels
    for axes, (name, heatmap) in zip(panels[1:], maps.items()):
        scale = np.percentile(np.abs(heatmap), clip) or np.abs(heatmap).max() or 1
        drawn = _show(axes, np.clip(heatmap / scale, -1, 1), **colours(np.array([signed * -1.0, 1.0])))
        axes.set_title(f"{name}\nlargest {np.abs(heatmap).max():.2g}", fontsize=10)
    bar = figure.colorbar(drawn, ax=list(panels), shrink=0.9)
    largest = "largest" if clip == 100 else f"{clip}th percentile"
    bar.set_label(f"share of each\npanel's {largest}", fontsize=10)
    return figure


def _show(axes, image, **options):
    axes.set_xticks([])
    axes.set_yticks([])
    return axes.imshow(image, **options)


def _flatness(images):
    """Height over width of the tallest image, at most 1: wide ones need less room below each other."""
    return min(1, max(np.shape(image)[0] / np.shape(image)[1] for image in images))


def _peak(heatmap):
    """Where a heat map is highest, in words."""
    row, column = np.unravel_index(np.argmax(heatmap), heatmap.shape)
    vertical = ("top", "middle", "bottom")[min(2, 3 * row // heatmap.shape[0])]
    horizontal = ("left", "centre", "right")[min(2, 3 * column // heatmap.shape[1])]
    return f"{vertical} {horizontal}"
