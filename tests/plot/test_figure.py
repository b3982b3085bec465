"""The colours of signed maps, measured: for readers who see colours, who do not see red and green apart, and on grey paper."""

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.text import Text
from skimage.color import deltaE_ciede2000, rgb2lab

from xailab.plot import figure as figures
from xailab.plot.figure import colours, new_figure

# From linear RGB to what an eye without the green-sensitive cones sees: Machado, Oliveira and Fernandes (2009), table 1.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)


def without_green(rgb):
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ DEUTERANOPIA.T, 0, 1)
    return np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)


def signed():
    return matplotlib.colormaps[colours(np.array([-1.0, 1.0]))["cmap"]](np.linspace(0, 1, 257))[:, :3]


def test_both_ends_are_told_apart_with_and_without_green():
    rgb = signed()
    for seen in (rgb, without_green(rgb)):
        lab = rgb2lab(seen)
        assert deltaE_ciede2000(lab[0], lab[-1]) > 35  # 1 is just noticeable, black and white are 100 apart
        assert deltaE_ciede2000(lab[64], lab[192]) > 35  # half the evidence


def test_on_grey_paper_zero_is_light_and_evidence_dark_on_both_sides():
    lightness = rgb2lab(signed())[:, 0]
    assert lightness[128] > 85 and abs(lightness[0] - lightness[-1]) < 3 and lightness[0] < 45
    assert np.diff(lightness[:129]).min() > -0.2 and np.diff(lightness[128:]).max() < 0.2  # 8-bit colours round


def test_equal_steps_of_evidence_look_about_equal():
    lab = rgb2lab(signed())
    steps = deltaE_ciede2000(lab[:-1], lab[1:])
    assert np.percentile(steps, 95) < 2.5 * np.percentile(steps, 5)


def test_zero_has_the_same_colour_whatever_the_values():
    for heatmap in (np.array([-3.0, 1.0]), np.array([-0.1, 5.0]), np.array([0.0, -0.0, -1e-9])):
        scale = colours(heatmap)
        assert scale["norm"](0) == 0.5


def test_a_long_title_goes_over_two_lines_and_the_figure_stays_as_wide_as_it_was():
    short, long = (new_figure(title, 4, 3, "alt") for title in ("One line", "A title that is much too long " * 3))
    assert short.get_figwidth() == long.get_figwidth() == 4 and long.get_figheight() > short.get_figheight() == 3
    assert max(map(len, long.get_suptitle().splitlines())) <= 40


def test_korean_names_get_a_font_behind_the_user_s_own(monkeypatch):
    other = next(name for name in sorted(font_manager.get_font_names()) if name != "DejaVu Sans")
    monkeypatch.setattr(figures, "_HANGUL", [other])
    with matplotlib.rc_context({"font.family": ["DejaVu Sans"]}):
        figure = new_figure("이름", 4, 3, "alt")
        figure.subplots().set_title("label")
        figure._repr_mimebundle_()
        assert all(text.get_family() == ["DejaVu Sans", other] for text in figure.findobj(Text))
        assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]
