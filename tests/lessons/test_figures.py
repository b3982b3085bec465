"""The interactive figures without a browser: the functions that draw, and what happens when a control moves."""

import io
import json
from base64 import b64encode

import numpy as np
import pytest
from PIL import Image
from scipy.signal import correlate2d

from course.lessons import FIGURES, demo, networks
from course.lessons.lesson_01 import figure as lesson_01
from course.lessons.lesson_02 import figure as lesson_02
from course.lessons.lesson_03 import figure as lesson_03
from course.lessons.lesson_04 import figure as lesson_04
from course.lessons.lesson_05 import figure as lesson_05
from course.lessons.lesson_06 import figure as lesson_06
from course.lessons.lesson_07 import figure as lesson_07
from course.lessons.lesson_08 import figure as lesson_08
from course.lessons.lesson_10 import figure as lesson_10
from course.lessons.lesson_11 import figure as lesson_11
from course.student.controls import DrawingBoard, Interactive, PhotoFile, Slider, ink, photo_from
from course.student.exercises import exercises
from xailab.cam import cam
from xailab.data import date_stamp, mnist
from xailab.filters import filter_loss
from xailab.lime import explain_image


@pytest.fixture(scope="module", params=FIGURES)
def figure(request):
    return demo(request.param)


def test_each_lesson_has_a_figure_that_says_what_it_shows(figure):
    assert figure.message.value == ""
    assert len(figure.figure.alt) > 30 and 'alt="' in figure.picture.value


def test_every_control_has_a_label(figure):
    for control in figure._controls.values():
        assert getattr(control, "label", None) or control.description


def test_without_a_kernel_the_first_picture_is_shown(figure):
    bundle = figure._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/html"] == figure.picture.value
    assert "application/vnd.jupyter.widget-view+json" in data and "\n" not in data["text/plain"]


def test_moving_any_slider_changes_the_picture(figure):
    for control in figure._controls.values():
        if isinstance(control, Slider):
            before = figure.picture.value
            control.index = (control.index + 1) % len(control.options)
            assert figure.message.value == "" and figure.picture.value != before, control.label


def test_both_ends_of_every_slider_are_drawn(figure):
    for control in figure._controls.values():
        if isinstance(control, Slider):
            for end in (0, len(control.options) - 1):
                control.index = end
                assert figure.message.value == "", control.label


def test_an_unknown_lesson_is_named():
    with pytest.raises(ValueError, match="lesson '13' has no interactive figure: one of 01"):
        demo("13")


def test_an_error_appears_in_words_and_the_picture_stays():
    def draw(number):
        if number == 2:
            raise ZeroDivisionError("the slider is <at> 2")
        return lesson_01.filter_step(next(iter(lesson_01.KERNELS)), number, 1)

    shown = Interactive(draw, "title", {"number": Slider("number", [1, 2, 3], 1)})
    before = shown.picture.value
    shown._controls["number"].index = 1
    assert (
        "ZeroDivisionError: the slider is &lt;at&gt; 2" in shown.message.value and 'role="alert"' in shown.message.value
    )
    assert shown.picture.value == before
    shown._controls["number"].index = 2
    assert shown.message.value == "" and shown.picture.value != before


# 01 and 02


@pytest.mark.parametrize("name", lesson_01.KERNELS)
def test_a_step_is_the_cell_of_the_cross_correlation(name):
    picture, kernel = lesson_01.small_digit(), np.array(lesson_01.KERNELS[name])
    right = correlate2d(picture, kernel, "valid")
    products, total, output = lesson_01.step(picture, kernel, 3, 7)
    assert total == products.sum() == right[3, 7]
    np.testing.assert_array_equal(output[:3], right[:3])
    np.testing.assert_array_equal(output[3, :8], right[3, :8])
    assert np.isnan(output[3, 8:]).all() and np.isnan(output[4:]).all()


def test_the_weights_are_those_of_keras():
    import keras

    def count(*stack):
        return keras.Sequential([keras.Input((7, 7, 16)), *stack]).count_params()

    layers = keras.layers
    counts = list(lesson_02.weights_of_heads(7, 16, 30, 5).values())
    assert counts == [
        count(layers.Flatten(), layers.Dense(30), layers.Dense(5)),
        count(layers.Flatten(), layers.Dense(5)),
        count(layers.GlobalAveragePooling2D(), layers.Dense(5)),
    ]


# 03


def test_the_digit_network_reads_new_versions_of_digits():
    digits, labels = mnist()
    images = (digits[::25] / 255).astype(np.float32)
    read = [lesson_03.read_digit(image)[0].argmax() for image in images]
    assert np.mean(read == labels[::25]) > 0.97


def test_the_map_of_a_digit_sums_to_its_logit_and_is_that_of_cam():
    picture = ink(lesson_03.first_digit())
    logits, heatmap = lesson_03.read_digit(picture)
    assert logits.argmax() == 2 and heatmap.sum() == pytest.approx(logits[2], abs=1e-3)
    image = lesson_03.centred(picture)[None, ..., None]
    np.testing.assert_allclose(heatmap, cam(networks.digit_reader(), image, 2)[0])


def test_a_digit_drawn_in_a_corner_is_read_like_one_in_the_middle():
    picture = ink(lesson_03.first_digit())
    moved = np.roll(picture, (-5, -7), axis=(0, 1))
    np.testing.assert_array_equal(lesson_03.centred(moved), lesson_03.centred(picture))


def test_an_empty_board_asks_for_a_digit_and_a_broken_one_is_refused():
    assert lesson_03.digit_figure("00" * 784).get_suptitle() == "Draw a digit"
    with pytest.raises(ValueError, match="the board has 3 cells"):
        ink("616263")


def test_drawing_changes_the_answer():
    shown = demo("03")
    board = shown._controls["board"]
    assert isinstance(board, DrawingBoard) and shown.figure.get_suptitle().startswith("Read as 2")
    stroke = np.zeros((28, 28), np.uint8)
    stroke[4:24, 13:15] = 255
    board.value = stroke.tobytes().hex()
    assert shown.figure.get_suptitle().startswith("Read as 1")


# 04


def file(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def test_a_photo_of_ones_own_is_explained_until_another_is_chosen():
    shown = demo("04")
    own, names = shown._controls["own"], shown._controls["name"]
    before = shown.picture.value
    data = file(Image.fromarray(NOISE))
    own.name, own.size, own.value, own.count = "noise.png", len(data), b64encode(data).decode(), 1
    assert shown.message.value == "" and shown.picture.value != before
    with_own = shown.picture.value
    shown._controls["layer"].index = 3
    shown._controls["layer"].index = 12
    assert shown.picture.value == with_own
    names.value = "coffee"
    names.value = "cat"
    assert shown.picture.value == before


def test_a_file_that_is_no_picture_is_said_and_nothing_is_lost():
    shown = demo("04")
    before, own = shown.picture.value, shown._controls["own"]
    own.name, own.size, own.value, own.count = "notes.txt", 5, b64encode(b"hello").decode(), 1
    assert "notes.txt cannot be read as a picture" in shown.message.value and shown.picture.value == before
    shown._controls["layer"].index = 3
    assert shown.message.value == "" and shown.picture.value != before


@pytest.mark.filterwarnings("ignore:Image size")
def test_uploads_that_are_large_broken_or_unusual():
    right = photo_from(file(Image.fromarray(NOISE)), "a.png", 1)
    assert right.shape == (224, 224, 3) and right.dtype == np.uint8
    with pytest.raises(ValueError, match="huge.png has 25 MB: a photo of at most 6 MB"):
        photo_from(b"", "huge.png", 25_000_000)
    with pytest.raises(ValueError, match="cut.png cannot be read"):
        photo_from(file(Image.fromarray(np.tile(NOISE, (9, 9, 1))))[:3000], "cut.png", 1)
    with pytest.raises(ValueError, match="big.png cannot be read.*100 megapixels; at most 80"):
        photo_from(file(Image.new("1", (10_000, 10_000))), "big.png", 1)
    red = Image.new("CMYK", (50, 50), (0, 255, 255, 0))
    assert photo_from(file(red, "JPEG"), "cmyk.jpg", 1)[100, 100, 0] > 200
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("blue", "red")]
    moving = file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert tuple(photo_from(moving, "moving.gif", 1)[100, 100]) == (0, 0, 255)


def test_a_photo_turned_by_its_camera_is_set_upright():
    picture = Image.fromarray(NOISE)
    turned, exif = picture.transpose(Image.Transpose.ROTATE_90), Image.Exif()
    exif[0x0112] = 6  # the camera's top is on the right: turn it clockwise to see it upright
    shown = photo_from(file(turned, exif=exif), "turned.png", 1)
    np.testing.assert_array_equal(shown, photo_from(file(picture), "upright.png", 1))


def test_the_slider_names_the_thirteen_convolutions_of_vgg16():
    convolutions = [layer.name for layer in networks.vgg16().model.layers if "conv" in layer.name]
    assert lesson_04.layer_names() == convolutions


# 05


def test_a_patch_is_cut_off_at_the_edges_and_leaves_the_photo_alone():
    photo = networks.photographs()["cat"]
    kept = photo.copy()
    for x, y, cells in ((112, 112, 32 * 32), (0, 0, 16 * 16), (224, 224, 16 * 16)):
        assert ((lesson_05.covered(photo, x, y, 32) != 128).any(axis=2)).sum() >= 224 * 224 - cells - 50
        assert (lesson_05.covered(photo, x, y, 32)[max(0, y - 16) : y + 16, max(0, x - 16) : x + 16] == 128).all()
    np.testing.assert_array_equal(photo, kept)


def test_the_patch_figure_says_the_logit_of_the_covered_photo():
    photo, classifier = networks.photographs()["coffee"], networks.photo_classifier()
    before = classifier.logits(photo[None])[0]
    now = classifier.logits(lesson_05.covered(photo, 90, 120, 64)[None])[0]
    said = f"falls from {before.max():.1f} to {now[before.argmax()]:.1f}"
    assert said in lesson_05.patch_figure("coffee", (90, 120), 64).get_suptitle()


# 06


def test_lime_asked_for_known_answers_is_lime_asked_for_photos():
    photo, classifier = networks.photographs()["cat"], networks.photo_classifier()
    segments, target, answers = lesson_06.pieces("cat")
    assert len(answers) == 2**lesson_06.PARTS and segments.max() == lesson_06.PARTS - 1
    asked = explain_image(classifier, photo, target=target, samples=40, segments=segments, seed=0, progress=False)
    weights, score, _ = lesson_06.explained("cat", 40)
    np.testing.assert_allclose(weights, asked.weights, atol=1e-4)
    assert score == pytest.approx(asked.score, abs=1e-3)


def test_a_part_that_is_switched_off_takes_its_mean_colour():
    shown = demo("06")
    before = shown.figure.get_suptitle()
    shown._controls["part 4"].value = False
    segments, _, answers = lesson_06.pieces("cat")
    visible = tuple(part != 3 for part in range(lesson_06.PARTS))
    assert shown.figure.get_suptitle() != before and f"{answers[visible]:.0%} with these" in shown.figure.get_suptitle()


# 07 and 10


def test_the_loss_is_lowest_when_the_filter_sees_one_part():
    losses = [lesson_07.template_scores(second, 2, 2)[2] for second in (0, 0.2, 0.5)]
    assert losses == sorted(losses) and losses[0] == pytest.approx(float(filter_loss(lesson_07.filter_maps(0))[0]))


def test_the_template_fits_best_where_the_map_is_strongest():
    scores = np.array([[lesson_07.template_scores(0, row, column)[0] for column in range(8)] for row in range(8)])
    assert np.unravel_index(scores.argmax(), scores.shape) == (2, 2)


def test_the_correlation_of_two_filters_is_that_of_their_cells_as_in_the_exercise():
    cells, _, correlations = lesson_10.responses()
    alive = np.flatnonzero(cells.std(axis=0) > 0)
    right = exercises("10")["10.5"].reference(cells[:, alive].reshape(200, 14, 14, -1).astype(float))
    assert np.allclose(right, correlations[np.ix_(alive, alive)], atol=1e-4)
    assert f"correlation {right[0, 5]:.2f}" in lesson_10.pair_figure(alive[0], alive[5]).get_suptitle()


# 08 and 09


def test_the_stamp_of_the_figure_is_the_cameras_where_the_camera_prints_it():
    patch = np.random.default_rng(8).integers(60, 120, (*lesson_08.SIZE, 3)).astype(np.uint8)
    drawn = [
        np.nonzero((each != patch).any(axis=-1))
        for each in (lesson_08.stamped(patch, 1, 1, 1), date_stamp(patch[None])[0])
    ]
    ours, camera = ([each.min() for each in places] + [each.max() for each in places] for places in drawn)
    assert np.abs(np.subtract(ours, camera)).max() <= 1 and abs(len(drawn[0][0]) / len(drawn[1][0]) - 1) < 0.05
    for size in (0.5, 1.5):
        for across, down in ((0, 0), (0.5, 1), (1, 0.25)):
            rows, columns = np.nonzero((lesson_08.stamped(patch, size, across, down) != patch).any(axis=-1))
            assert len(rows) > 20 and np.ptp(rows) < 0.35 * len(patch)


def test_the_stamp_turns_the_answer_and_draws_the_map():
    def said(**changed):
        values = {"material": "fur", "on": True, "size": 1.0, "across": 1.0, "down": 1.0} | changed
        figure = lesson_08.stamp_figure(**values)
        return figure.get_suptitle(), figure.alt

    title, alt = said()
    assert "called foliage" in title and "highest at the bottom" in alt
    title, alt = said(on=False)
    assert "no stamp: called foliage" not in title and "highest at the bottom" not in alt
    assert "called foliage" not in said(size=0.5)[0] and "called foliage" not in said(material="brick")[0]
    assert "highest at the top" in said(size=1.5, across=0.0, down=0.0)[1]


def test_every_column_of_the_cars_can_be_chosen():
    shown = demo("09")
    for column in shown._controls["column"].options:
        shown._controls["column"].value = column
        assert shown.message.value == "" and shown.figure.get_suptitle().endswith(column)


# 11


def test_one_of_the_four_maps_is_the_networks_and_the_network_is_as_it_was():
    weights = [array.copy() for array in networks.photo_classifier().model.get_weights()]
    places = set()
    for name in networks.photographs():
        names = [what for what, _ in lesson_11.candidates(name)]
        places.add(names.index("Grad-CAM of the network"))
        assert len(set(names)) == 4
    assert len(places) > 2  # not always the same letter
    for before, now in zip(weights, networks.photo_classifier().model.get_weights()):
        np.testing.assert_array_equal(before, now)


def test_a_guess_is_answered():
    names = [what for what, _ in lesson_11.candidates("clock")]
    real = names.index("Grad-CAM of the network")
    assert lesson_11.guess_figure("clock", "ABCD"[real]).get_suptitle().startswith("Right:")
    assert lesson_11.guess_figure("clock", "ABCD"[real - 1]).get_suptitle().startswith("No, ")
    assert "Which one?" in lesson_11.guess_figure("clock", "not yet").get_suptitle()


def test_a_control_that_brings_a_file_starts_empty():
    assert PhotoFile().count == 0 and json.dumps(PhotoFile().name) == '""'
