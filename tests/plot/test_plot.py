import base64
import io
import re

import numpy as np
import pytest
from matplotlib import font_manager, rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from PIL import Image
from sklearn.tree import DecisionTreeClassifier

from xailab import plot

PHOTO = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
HEAT = np.outer(np.linspace(0, 1, 20), np.linspace(0, 1, 30))


def bowl(x, y):
    return x**2 + 3 * y**2


def shown(figure):
    """What Jupyter would show: the HTML and the picture in it."""
    bundle = figure._repr_mimebundle_()
    data = re.search(r"base64,([^\"]+)", bundle["text/html"])[1]
    return bundle, np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


@pytest.mark.parametrize(
    "figure",
    [
        lambda: plot.grid([PHOTO, HEAT, HEAT - 0.5], ["a", "b", "c"], title="grid"),
        lambda: plot.overlay(PHOTO, HEAT, title="overlay"),
        lambda: plot.overlay(HEAT, HEAT - 0.5, title="signed overlay on grey"),
        lambda: plot.layer_strip(PHOTO, {"conv1": HEAT, "conv2": 2 * HEAT}, title="strip"),
        lambda: plot.bars(["a", "b"], [3, 2_000_000], title="bars", xlabel="weights"),
        lambda: plot.confusion([[3, 1], [0, 2]], ["cat", "dog"], title="confusion"),
        lambda: plot.curves({"loss": [3, 2, 1]}, title="curves", ylabel="loss"),
        lambda: plot.intervals(["a", "b"], {"hits": ([0.2, 0.9], [0.1, 0.1])}, title="intervals"),
        lambda: plot.intervals(["a", "b"], {"hits": ([0.2, 0.9], [0.1, 0.5], [0.4, 1])}, title="uneven"),
        lambda: plot.dots(["a", "b"], {"right": [[0.2, 0.9], [0.1, 0.1]]}, title="dots"),
        lambda: plot.lines({"mean": ([1, 2, 4], [0, 1, 0])}, title="lines", xlabel="x", ylabel="y"),
        lambda: plot.lines(
            {"mean": ([1, 2], [0, 1])},
            title="l",
            xlabel="x",
            ylabel="y",
            behind=([1, 2], HEAT[:, :2]),
            shades=range(20),
        ),
        lambda: plot.scatter({"all": HEAT[:, :2]}, range(20), title="scatter", label="row", xlabel="x", ylabel="y"),
        lambda: plot.scatter(
            {"a": HEAT[:9, :2], "b": HEAT[:9, 2:4]}, range(9), title="t", label="row", marks="abcdefghi"
        ),
        lambda: plot.surface(range(20), range(30), HEAT, title="surface", xlabel="x", ylabel="y", label="heat"),
        lambda: plot.surface(
            [1, 2, 4],
            [1, 3],
            [[0, 1], [2, 3], [4, 5]],
            title="t",
            xlabel="x",
            ylabel="y",
            label="z",
            counts=[[9], [10]],
        ),
        lambda: plot.matrix([[1, -0.5], [-0.5, 1]], [3, 7], title="matrix", label="correlation"),
        lambda: plot.tree(
            DecisionTreeClassifier(max_depth=2).fit(HEAT, HEAT[:, 2] > 0.01),
            range(30),
            title="tree",
            alt="tree of one question",
        ),
        lambda: plot.descents(bowl, {"a": [[1, 1], [0, 0]]}, title="descents", reach=((-2, 2), (-2, 2))),
    ],
)
def test_every_figure_has_a_title_alternative_text_and_something_to_see(figure):
    figure = figure()
    bundle, pixels = shown(figure)
    title = figure._suptitle.get_text()
    assert title and title in bundle["text/plain"]
    assert f'alt="{figure.alt}"' in bundle["text/html"] and len(figure.alt) > len(title)
    assert pixels.std() > 5


def test_the_alternative_text_is_escaped():
    figure = plot.grid([HEAT], title='a "quoted" <title>')
    assert 'alt="a &quot;quoted&quot; &lt;title&gt;: 1 panel(s).' in figure._repr_mimebundle_()["text/html"]


def test_the_alternative_text_says_where_an_overlay_is_highest():
    assert "highest at the bottom right" in plot.overlay(PHOTO, HEAT, title="t").alt


def test_the_same_figure_is_the_same_picture_twice():
    one, two = (plot.overlay(PHOTO, HEAT, title="t")._repr_mimebundle_() for _ in range(2))
    assert one == two


def test_signed_maps_have_zero_in_the_middle_of_their_colours():
    figure = plot.overlay(PHOTO, HEAT - 0.25, title="t")
    raw = figure.axes[1].images[0]
    assert raw.get_cmap().name == "coolwarm" and raw.norm(0.0) == 0.5


def test_maps_from_zero_up_start_at_the_darkest_colour():
    raw = plot.overlay(PHOTO, HEAT, title="t").axes[1].images[0]
    assert raw.get_cmap().name == "inferno" and raw.norm(0.0) == 0


def test_panels_of_a_grid_share_one_scale():
    figure = plot.grid([HEAT, 4 * HEAT], title="t")
    assert {axes.images[0].norm.vmax for axes in figure.axes[:2]} == {4.0}


def test_numbers_are_written_into_the_cells():
    figure = plot.grid([[[1, -2], [0, 4]]], title="t", numbers=True)
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "-2", "0", "4"]


def test_a_constant_map_can_be_drawn():
    shown(plot.overlay(PHOTO, np.zeros((20, 30)), title="nothing"))


def message(draw, *given, **options):
    with pytest.raises(ValueError) as caught:
        draw(*given, **options)
    return str(caught.value)


def test_errors_say_what_is_wrong_and_what_to_do():
    assert "both need the same height and width" in message(plot.overlay, PHOTO, HEAT[:5], title="t")
    assert "heatmap[0]" in message(plot.overlay, PHOTO, HEAT[None], title="t")
    assert "NaN" in message(plot.overlay, PHOTO, np.full((20, 30), np.nan), title="t")
    assert "no images" in message(plot.grid, [], title="t")
    assert "(H, W) or RGB" in message(plot.grid, [np.zeros(3)], title="t")
    assert "no maps" in message(plot.layer_strip, PHOTO, {}, title="t")
    assert "one value a label" in message(plot.bars, ["a"], [1, 2], title="t", xlabel="x")
    assert "(K, K) counts" in message(plot.confusion, [[1, 2]], ["a"], title="t")
    assert "(2, N) finite numbers" in message(plot.dots, ["a", "b"], {"x": [[1, 2]]}, title="t")
    assert "2 values and as many half widths" in message(plot.intervals, ["a", "b"], {"x": ([1], [2])}, title="t")
    assert "nothing to draw" in message(plot.curves, {"a": []}, title="t", ylabel="y")
    assert "as many x as y" in message(plot.lines, {"a": ([1, 2], [1])}, title="t", xlabel="x", ylabel="y")
    assert "(N, 2) was expected" in message(plot.scatter, {"a": HEAT}, range(20), title="t", label="l")
    assert "(2, 3) was expected" in message(
        plot.surface, [1, 2], [1, 2, 3], HEAT, title="t", xlabel="x", ylabel="y", label="l"
    )
    assert "(2, 1) was expected, one per cell" in message(
        plot.surface, [1, 2, 3], [1, 2], np.ones((3, 2)), title="t", xlabel="x", ylabel="y", label="l", counts=[[1, 2]]
    )
    assert "(K, K) was expected" in message(plot.matrix, np.ones((2, 3)), ["a", "b"], title="t", label="l")
    stump = DecisionTreeClassifier(max_depth=1).fit(HEAT, HEAT[:, 2] > 0.01)
    assert "of 30 features" in message(plot.tree, stump, ["a"], title="t", alt="a")


def test_lines_end_where_their_values_say():
    figure = plot.lines({"a": ([1, 5], [2, 3])}, title="t", xlabel="x", ylabel="y", behind=([1, 5], [[0, 9]]))
    assert figure.axes[0].lines[0].get_xydata().tolist() == [[1, 2], [5, 3]]
    assert "a from 2 to 3" in figure.alt and figure.axes[0].get_ylim()[1] >= 9


def test_thin_lines_have_the_colours_of_their_shades():
    figure = plot.lines(
        {"a": ([1, 5], [2, 3])}, title="t", xlabel="x", ylabel="y", behind=([1, 5], [[0, 9], [1, 8]]), shades=[3, 7]
    )
    shown(figure)
    dark, bright = figure.axes[0].collections[0].get_colors()[:, :3]
    assert dark.sum() < bright.sum() and figure.axes[1].get_ylim() == (3, 7)


def test_the_alternative_text_of_a_surface_says_where_it_is_highest():
    figure = plot.surface([1, 2], [10, 20], [[0, 1], [2, 7]], title="t", xlabel="x", ylabel="y", label="z")
    assert "7 at 2, 20" in figure.alt


def test_a_surface_writes_the_rows_of_each_cell_and_covers_those_of_few():
    grey = "#c8c8c8"
    values = [[0, 1], [2, 3], [4, 5]]
    figure = plot.surface([1, 2, 4], [1, 3], values, title="t", xlabel="x", ylabel="y", label="z", counts=[[9], [10]])
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["9", "10"]
    assert [cell.get_fill() for cell in axes.patches] == [True, False]
    assert to_hex(axes.patches[0].get_facecolor()) == grey and axes.patches[1].get_width() == 2


def test_the_alternative_text_of_a_matrix_names_the_closest_and_the_most_opposed_pair():
    values = [[1, 0.5, -0.9], [0.5, 1, 0.1], [-0.9, 0.1, 1]]
    figure = plot.matrix(values, ["a", "b", "c"], title="t", label="correlation")
    assert "a and b, 0.5" in figure.alt and "a and c, -0.9" in figure.alt


def test_a_descent_shows_its_path_and_the_height_at_its_end():
    path = [[1, 1], [0.5, 0.5], [0, 1]]
    figure = plot.descents(bowl, {"slow": path, "none": [[1, 1]]}, title="t", reach=((-2, 2), (-2, 2)))
    slow = figure.axes[0]
    assert slow.get_title() == "slow: 3" and figure.axes[1].get_title() == "none: 4"
    np.testing.assert_array_equal(slow.lines[0].get_xydata(), path)
    assert "All start at (1, 1)" in figure.alt and "slow 3" in figure.alt


@pytest.mark.parametrize("paths", [{}, {"a": [1, 2]}, {"a": np.zeros((3, 3))}])
def test_what_is_no_path_is_named(paths):
    with pytest.raises(ValueError, match="steps \\+ 1, 2"):
        plot.descents(bowl, paths, title="t", reach=((-1, 1), (-1, 1)))


def test_letters_come_from_the_usual_font_first_and_hangul_from_one_that_is_installed():
    first, *others = rcParams["font.family"]
    assert first == "sans-serif" and set(others) <= set(font_manager.get_font_names())


@pytest.mark.filterwarnings("ignore:Glyph")  # where no Korean font is installed, boxes are drawn
def test_korean_class_names_do_not_stop_a_figure():
    _, pixels = shown(plot.confusion([[3, 1], [0, 2]], ["볼트", "너트"], title="confusion"))
    assert pixels.std() > 5


def test_where_a_map_says_nothing_the_overlay_leaves_the_photo_as_it_is():
    heat = np.zeros(PHOTO.shape[:2])
    heat[:2, :2] = 1
    photo, over = plot.overlay(PHOTO, heat, title="t").axes[2].images
    assert np.array_equal(photo.get_array(), PHOTO)
    alpha = over.get_alpha()
    assert (alpha[heat == 0] == 0).all() and (alpha[heat == 1] > 0.5).all()


def test_a_clipped_strip_says_so_and_one_bright_pixel_does_not_hide_the_rest():
    heat = np.linspace(0, 1, PHOTO.shape[0] * PHOTO.shape[1]).reshape(PHOTO.shape[:2])
    heat[0, 0] = 50
    for clip, words, median in ((100, "largest", 0.01), (99, "99th percentile", 0.5)):
        figure = plot.layer_strip(PHOTO, {"conv": heat}, title="t", clip=clip)
        assert np.median(np.asarray(figure.axes[1].images[0].get_array())) == pytest.approx(median, abs=0.02)
        assert words in figure.axes[-1].get_ylabel()


def test_curves_stand_at_numbers_or_names_and_six_of_them_differ():
    figure = plot.curves({str(k): [0.1 * k, 1] for k in range(6)}, title="t", ylabel="y", x=["none", "output"])
    lines = figure.axes[0].lines
    assert len({(line.get_color(), str(line.get_linestyle()), line.get_dash_capstyle()) for line in lines}) == 6
    assert len({line.get_color() for line in lines}) == 6
    figure.canvas.draw()
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["none", "output"]


def test_bars_carry_their_spread():
    figure = plot.bars(["a", "b"], [1, 2], title="t", xlabel="x", spread=[0.5, 0.25])
    (segments,) = [c.get_segments() for c in figure.axes[0].collections]
    assert np.allclose([segment[:, 0] for segment in segments], [[0.5, 1.5], [1.75, 2.25]])


def test_each_dot_stands_where_it_was_measured_and_an_interval_ends_where_it_says():
    figure = plot.dots(["a", "b"], {"right": [[0.2, 0.9], [0.1, 0.3]]}, title="t")
    assert figure.axes[0].lines[0].get_xydata().tolist() == [[0.2, 0], [0.9, 0], [0.1, 1], [0.3, 1]]
    assert "a 0.2 to 0.9, b 0.1 to 0.3" in figure.alt
    figure = plot.intervals(["a"], {"hits": ([0.9], [0.5], [1.0])}, title="t")
    (segments,) = [each.get_segments() for each in figure.axes[0].collections]
    assert np.allclose(segments[0][:, 0], [0.5, 1.0])


def test_a_legend_of_long_names_stays_inside_the_figure_and_a_long_title_in_its_panel():
    names = [f"a rather long name, number {number}" for number in range(4)]
    for figure in (
        plot.curves({name: [1, 2] for name in names}, title="t", ylabel="y"),
        plot.grid([HEAT] * 6, ["a title that is much longer than its panel is wide"] * 6, title="t"),
    ):
        shown(figure)
        renderer = FigureCanvasAgg(figure).get_renderer()
        axes = figure.axes[0]
        drawn = (axes.get_legend() or axes.title).get_window_extent(renderer)
        room = figure.bbox if axes.get_legend() else axes.get_window_extent(renderer).expanded(1.15, 1)
        assert room.x0 <= drawn.x0 and drawn.x1 <= room.x1


def test_a_figure_has_two_dots_for_each_pixel_that_it_takes():
    bundle, picture = shown(plot.bars(["a"], [1], title="t", xlabel="x"))
    assert picture.shape[1] == 2 * int(re.search(r'width="(\d+)"', bundle["text/html"])[1])
