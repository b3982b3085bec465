"""Charts: bars, curves, points, surfaces and tables. Each function returns a Figure with its alternative text."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from xailab._validate import check_heatmap
from xailab.plot.figure import WIDEST, colours, new_figure, write_numbers

_INKS = "#440154", "#21918c", "#b5731a", "#3b528b", "#7a7a7a", "#d1495b"  # of the lines in one figure
_DASHES = "-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (1, 1))


def bars(labels, values, *, title, xlabel, spread=None, alt=None):
    """Draw horizontal bars with their values written beside them.

    labels: one per bar. values: numbers, in the unit that xlabel names. title: above all. spread: half the width of a line
    across each bar's end, in the same unit; say in xlabel what it is. alt: alternative text; by default all values.
    Returns a Figure. Raises ValueError when labels and values differ in number. Lesson 02.
    """
    labels, values = [str(label) for label in labels], np.asarray(list(values), float)
    if values.shape != (len(labels),) or not len(labels):
        raise ValueError(
            f"there are {len(labels)} labels and values of shape {values.shape}: one value a label was expected."
        )
    written = [f"{value:,.0f}" if value == round(value) else f"{value:.3g}" for value in values]
    alt = alt or f"{title}. {xlabel}: " + ", ".join(map(" ".join, zip(labels, written))) + "."
    figure = new_figure(title, 8, 0.9 + 0.32 * len(labels), alt)
    axes = figure.subplots()
    drawn = axes.barh(labels, values, xerr=spread, color="#31688e", ecolor="#b5731a")
    axes.bar_label(drawn, written, padding=4, fontsize=10)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel(xlabel)
    axes.xaxis.set_major_formatter("{x:,.0f}" if values.max() >= 10 else "{x:g}")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def confusion(matrix, labels, *, title, alt=None):
    """Draw a confusion matrix: a row for each true class, a column for each predicted one.

    matrix: counts (K, K). labels: K names. title: above all. alt: alternative text; by default the share on the diagonal.
    Returns a Figure. Raises ValueError for a matrix that is not (K, K). Lesson 04.
    """
    matrix = np.asarray(matrix)
    if matrix.shape != (len(labels), len(labels)):
        raise ValueError(f"the matrix has shape {matrix.shape} for {len(labels)} labels: (K, K) counts were expected.")
    right = np.trace(matrix) / max(matrix.sum(), 1)
    figure = new_figure(
        title, 7, 6, alt or f"{title}: {right:.0%} of the pictures are on the diagonal, that is, right."
    )
    axes = figure.subplots()
    drawn = axes.imshow(matrix, cmap="viridis", norm=Normalize(0, matrix.max() or 1))
    write_numbers(axes, matrix, drawn)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    figure.colorbar(drawn, ax=axes, label="pictures", shrink=0.8)
    return figure


def curves(series, *, title, ylabel, xlabel="epoch", first=1, x=None, alt=None):
    """Draw values that change over time as lines, told apart by colour, dash and name.

    series: {name: sequence of numbers}. title: above all. ylabel, xlabel: what the axes measure, with units.
    first: where on the x axis the first value stands, the next ones a step of 1 apart; or x: where each of them stands,
    numbers or names. alt: alternative text; by default first and last value of each.
    Returns a Figure. Raises ValueError when there is nothing to draw. Lesson 03.
    """
    if not series or not all(len(values) for values in series.values()):
        raise ValueError("there is nothing to draw: pass {name: values} with at least one value each.")
    ends = ", ".join(f"{name} from {values[0]:.3g} to {values[-1]:.3g}" for name, values in series.items())
    figure = new_figure(title, 7, 3.2, alt or f"{title}. {ylabel} by {xlabel}: {ends}.")
    axes = figure.subplots()
    for index, (name, values) in enumerate(series.items()):
        axes.plot(range(first, first + len(values)) if x is None else x, values, label=name, **_style(index))
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    if x is None:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    _legend(axes)
    return figure


def _style(index):
    """Colour and dash of a line, by its number in the figure."""
    return {"color": _INKS[index % len(_INKS)], "ls": _DASHES[index % len(_DASHES)]}


def _legend(axes):
    """The names of the lines above the axes, where no line is, as many side by side as there is room for."""
    longest = max(map(len, axes.get_legend_handles_labels()[1]))
    columns = min(3, max(1, int(axes.figure.get_figwidth() * 10.5 / (longest + 8))))
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, fontsize=10)


def lines(series, *, title, xlabel, ylabel, behind=None, shades=None, shade_label="", alt=None):
    """Draw curves over measured x values, with many thin ones behind them if wanted.

    series: {name: (x (P,), y (P,))}. title, xlabel, ylabel: with units. behind: (x (P,), curves (N, P)), drawn thin.
    shades: N numbers that colour the thin curves, named by shade_label; the series are black then. alt: alternative text; by default first and last
    value of each series.
    Returns a Figure. Raises ValueError for no series and for x and y of different lengths. Lesson 09.
    """
    if not series or any(np.shape(x) != np.shape(y) or np.ndim(x) != 1 for x, y in series.values()):
        raise ValueError("series must be {name: (x, y)} with as many x as y values, at least one of them.")
    ends = ", ".join(f"{name} from {y[0]:.3g} to {y[-1]:.3g}" for name, (_, y) in series.items())
    figure = new_figure(title, 7, 3.8, alt or f"{title}. {ylabel} by {xlabel}: {ends}.")
    axes = figure.subplots()
    outline = []
    if behind is not None:
        outline = [withStroke(linewidth=4, foreground="white")]
        x, curves = behind
        thin = LineCollection([np.column_stack([x, y]) for y in curves], cmap="viridis", lw=0.4)
        axes.add_collection(thin)
        if shades is None:
            thin.set_color("#9a9a9a")
        else:
            thin.set_array(np.asarray(shades))
            figure.colorbar(thin, ax=axes, label=shade_label)
    for index, (name, (x, y)) in enumerate(series.items()):
        style = _style(index) if shades is None else {**_style(index), "color": "black"}  # the shades have the colours
        axes.plot(x, y, label=name, lw=2, path_effects=outline, **style)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    _legend(axes)
    return figure


def descents(surface, paths, *, title, reach, alt=None):
    """Draw how points moved over a surface: one panel a path, on the same contour lines.

    surface: function of two arrays, x and y, that returns the heights. paths: {name: float (steps + 1, 2)}, where a point
    started and where each step took it. title: above all. reach: ((left, right), (bottom, top)) of every panel.
    alt: alternative text; by default where each path starts and ends. Returns a Figure: each panel says the height at the
    path's end. Raises ValueError when there is no path, or one that is not (steps + 1, 2). Lesson 08.
    """
    paths = {name: np.asarray(path, float) for name, path in paths.items()}
    if not paths or any(path.ndim != 2 or path.shape[1] != 2 for path in paths.values()):
        shapes = ", ".join(f"{name} {path.shape}" for name, path in paths.items()) or "no path"
        raise ValueError(
            f"what is to be drawn is {shapes}: {{name: (steps + 1, 2)}}, x and y of each point, was expected."
        )
    ends = {name: f"{surface(*path[-1]):.2g}" for name, path in paths.items()}
    start = next(iter(paths.values()))[0]
    alt = alt or f"{title}. All start at ({start[0]:g}, {start[1]:g}); height at the end: " + ", ".join(
        f"{name} {end}" for name, end in ends.items()
    )
    columns = 2 if len(paths) == 4 else min(3, len(paths))
    rows = -(-len(paths) // columns)
    figure = new_figure(title, WIDEST, 0.6 + 1.9 * rows, alt)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    x, y = np.meshgrid(*(np.linspace(*side, 200) for side in reach))
    for axes in panels[len(paths) :]:
        axes.axis("off")
    for axes, (name, path) in zip(panels, paths.items()):
        drawn = axes.contourf(x, y, surface(x, y), 20, cmap="viridis")
        axes.plot(*path.T, color="white", lw=1, marker="o", ms=2.5)
        axes.plot(*path[0], color="white", marker="s", ms=6)
        axes.set(xlim=reach[0], ylim=reach[1])
        axes.set_title(f"{name}: {ends[name]}", fontsize=10)
    figure.colorbar(drawn, ax=list(panels), label="height", shrink=0.8)
    return figure


FEW = 10  # rows in a cell; with fewer, its colour says little


def surface(x, y, values, *, title, xlabel, ylabel, label, counts=None, alt=None):
    """Draw a quantity over two others as colours, between the edges at which it is known.

    x: (P,), y: (Q,), rising. values: (P, Q). title: above all. xlabel, ylabel, label: what each is, with units.
    counts: (P - 1, Q - 1), how many rows each cell between the edges rests on: written into it, and grey covers a cell of
    fewer than ten. alt: alternative text; by default where the values are lowest and highest.
    Returns a Figure. Raises ValueError for values or counts of another shape, or with NaN. Lesson 09.
    """
    values = check_heatmap(values)
    if values.shape != (len(x), len(y)):
        raise ValueError(
            f"the values have shape {values.shape} for {len(x)} x and {len(y)} y: ({len(x)}, {len(y)}) was expected."
        )
    (i, j), (k, m) = (np.unravel_index(where, values.shape) for where in (values.argmin(), values.argmax()))
    alt = alt or (
        f"{title}. {label} from {values.min():.2g} at {xlabel} {x[i]:g}, {ylabel} {y[j]:g} to {values.max():.2g} at {x[k]:g}, {y[m]:g}."
    )
    figure = new_figure(title, 7, 4, alt)
    axes = figure.subplots()
    drawn = axes.pcolormesh(x, y, values.T, shading="gouraud", **colours(values))
    if counts is not None:
        _write_counts(axes, x, y, np.asarray(counts))
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    figure.colorbar(drawn, ax=axes, label=label)
    return figure


def _write_counts(axes, x, y, counts):
    """The number of rows in each cell; a cell of few rows is covered."""
    if counts.shape != (len(x) - 1, len(y) - 1):
        raise ValueError(
            f"the counts have shape {counts.shape}: ({len(x) - 1}, {len(y) - 1}) was expected, one per cell between the edges."
        )
    for (i, j), count in np.ndenumerate(counts):
        width, height = x[i + 1] - x[i], y[j + 1] - y[j]
        cover = {"facecolor": "#c8c8c8"} if count < FEW else {"fill": False}
        axes.add_patch(Rectangle((x[i], y[j]), width, height, edgecolor="white", lw=0.8, **cover))
        axes.text(x[i] + width / 2, y[j] + height / 2, f"{count:g}", ha="center", va="center", fontsize=10)


def matrix(values, labels, *, title, label, alt=None):
    """Draw a number for each pair of things as colours: correlations, distances, gains.

    values: (K, K). labels: K names, for rows and columns. title: above all. label: what the values are, with their unit.
    alt: alternative text; by default the pair off the diagonal with the largest value and the one with the smallest.
    Returns a Figure. Raises ValueError for values that are not (K, K), or with NaN. Lesson 10.
    """
    values = check_heatmap(values)
    if values.shape != (len(labels), len(labels)):
        raise ValueError(f"the values have shape {values.shape} for {len(labels)} labels: (K, K) was expected.")
    pairs = np.where(np.eye(len(labels), dtype=bool), np.nan, values)
    if alt is None and len(labels) > 1:
        (i, j), (k, m) = (np.unravel_index(where(pairs), pairs.shape) for where in (np.nanargmax, np.nanargmin))
        alt = f"{title}. Largest {label}: {labels[i]} and {labels[j]}, {pairs[i, j]:.2g}; smallest: {labels[k]} and {labels[m]}, {pairs[k, m]:.2g}."
    figure = new_figure(title, 6, 5, alt or title)
    axes = figure.subplots()
    drawn = axes.imshow(values, **colours(values))
    axes.set_xticks(range(len(labels)), labels, fontsize=10)
    axes.set_yticks(range(len(labels)), labels, fontsize=10)
    figure.colorbar(drawn, ax=axes, label=label, shrink=0.8)
    return figure


_KINDS = (
    "#332288 #1f6fb4 #44aa99 #117733 #999933 #c9a227 #cc6677 #882255 #aa4499 #666666 #000000".split()
)  # Tol's muted


def scatter(panels, values, *, title, label, xlabel="", ylabel="", marks="", alt=None):
    """Draw points in one or several panels, coloured by a value; several panels have no axes, as those of t-SNE mean nothing.

    panels: {name: (N, 2)}. values: N numbers, named by label. title: above all. xlabel, ylabel: of a single panel.
    marks: a letter or digit for each of the values 0, 1, 2 …, which are kinds, to draw the points with; by default dots.
    alt: alternative text; by default title and panels.
    Returns a Figure. Raises ValueError for points and values of different numbers. Lesson 09.
    """
    values = np.asarray(values)
    for name, points in panels.items():
        if np.shape(points) != (len(values), 2):
            raise ValueError(f"'{name}' has shape {np.shape(points)} for {len(values)} values: (N, 2) was expected.")
    alone = len(panels) == 1
    columns = 2 if len(panels) == 4 else min(len(panels), 3)
    rows = -(-len(panels) // columns)
    side = 2.8 if len(panels) > 2 else 4.0
    size = (7, 4) if alone else (0.8 + side * columns, 0.5 + (side + 0.1) * rows)
    figure = new_figure(title, *size, alt or f"{title}: points coloured by {label}, in {', '.join(panels)}.")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    colours_of = ListedColormap(_KINDS[: len(marks)]) if 0 < len(marks) <= len(_KINDS) else "viridis"
    norm = Normalize(-0.5, len(marks) - 0.5) if marks else Normalize(values.min(), values.max())
    for place in axes[len(panels) :]:
        place.axis("off")
    for place, (name, points) in zip(axes, panels.items()):
        groups = {f"${mark}$": values == value for value, mark in enumerate(marks)} or {"o": slice(None)}
        for mark, chosen in groups.items():
            drawn = place.scatter(
                *np.asarray(points)[chosen].T, c=values[chosen], marker=mark, norm=norm, cmap=colours_of, s=18, lw=0.3
            )
        if alone:
            place.set_xlabel(xlabel)
            place.set_ylabel(ylabel)
        else:
            place.set_title(name, fontsize=10)
            place.set_xticks([])
            place.set_yticks([])
    bar = figure.colorbar(drawn, ax=list(axes), label=label, shrink=0.8)
    if marks:
        bar.set_ticks(range(len(marks)), labels=list(marks))
    return figure


def intervals(labels, panels, *, title, share=False, alt=None):
    """Draw values with their confidence intervals, one panel a measure, one line a label.

    labels: one a line. panels: {what is measured: (values, half widths) or (values, low ends, high ends)}, each one number a
    label. title: above all. share: whether all panels have one scale, as those that are to be compared.
    alt: alternative text; by default the labels with the highest and the lowest value of each panel.
    Returns a Figure. Raises ValueError for a panel with more or fewer numbers than there are labels. Lesson 11.
    """
    panels = {name: np.asarray(values, float) for name, values in panels.items()}
    for name, values in panels.items():
        if values.ndim != 2 or len(values) not in (2, 3) or values.shape[1] != len(labels):
            raise ValueError(
                f"'{name}' has shape {values.shape}: {len(labels)} values and as many half widths, or low and high ends, "
                "were expected."
            )
    figure, drawn = _panels_of_lines(labels, panels, title, share, alt)
    for axes, (value, *ends) in zip(drawn, panels.values()):
        reach = ends[0] if len(ends) == 1 else [value - ends[0], ends[1] - value]
        axes.errorbar(value, range(len(labels)), xerr=reach, fmt="o", ms=4, color="#31688e", ecolor="#7f9fb8")
    return figure


def dots(labels, panels, *, title, share=False, alt=None):
    """Draw what was measured as one dot each, a few networks or splits a label, one panel a measure, one line a label.

    labels: one a line. panels: {what is measured: (labels, N)}, N numbers a label. title: above all. share: whether all
    panels have one scale. alt: alternative text; by default the lowest and the highest of each label.
    Returns a Figure. Raises ValueError for a panel that is not (labels, N), or with NaN. Lesson 07.
    """
    panels = {name: np.asarray(values, float) for name, values in panels.items()}
    for name, values in panels.items():
        if values.ndim != 2 or len(values) != len(labels) or not np.isfinite(values).all():
            raise ValueError(f"'{name}' has shape {values.shape}: ({len(labels)}, N) finite numbers were expected.")
    said = [
        f"{name}: " + ", ".join(f"{label} {row.min():.3g} to {row.max():.3g}" for label, row in zip(labels, values))
        for name, values in panels.items()
    ]
    figure, drawn = _panels_of_lines(labels, panels, title, share, alt or f"{title}. {'; '.join(said)}.")
    for axes, values in zip(drawn, panels.values()):
        lines = np.repeat(np.arange(len(labels)), values.shape[1])
        axes.plot(values.ravel(), lines, "o", ms=6, mew=0, color="#31688e", alpha=0.55)
    return figure


def _panels_of_lines(labels, panels, title, share, alt):
    """A figure with one panel a measure and one line a label, and its axes. panels: {name: array whose first row are values}."""
    if alt is None:
        ends = [f"{name} from {labels[v[0].argmin()]} to {labels[v[0].argmax()]}" for name, v in panels.items()]
        alt = f"{title}. {'; '.join(ends)}."
    columns, rows = min(3, len(panels)), -(-len(panels) // 3)
    figure = new_figure(title, WIDEST, 0.7 + rows * (0.7 + 0.22 * len(labels)), alt)
    drawn = figure.subplots(rows, columns, squeeze=False, sharey=True, sharex=share).ravel()
    for axes in drawn[len(panels) :]:
        axes.axis("off")
    for axes, name in zip(drawn, panels):
        axes.set_title(name, fontsize=10)
        axes.set_yticks(range(len(labels)), labels, fontsize=10)
        axes.grid(axis="y", color="#dddddd", lw=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    drawn[0].set_ylim(len(labels) - 0.5, -0.5)
    return figure, drawn


def tree(model, features, *, title, classes=None, alt):
    """Draw a decision tree: its questions, and in each box how many rows come there and what it would answer.

    model: fitted scikit-learn tree, best of depth 3 or less. features: names of the columns. title: above all.
    classes: names of the classes. alt: alternative text: what the first questions are.
    Returns a Figure. Raises ValueError for other numbers of names than the tree knows. Lesson 09.
    """
    from sklearn.tree import plot_tree

    if len(features) != model.n_features_in_:
        raise ValueError(f"there are {len(features)} feature names for a tree of {model.n_features_in_} features.")
    figure = new_figure(title, WIDEST, 1.2 + 1.1 * model.get_depth(), alt)
    FigureCanvasAgg(figure)  # scikit-learn measures its texts while it draws
    plot_tree(
        model,
        feature_names=list(features),
        class_names=classes,
        impurity=False,
        rounded=True,
        ax=figure.subplots(),
        fontsize=10,
    )
    return figure
