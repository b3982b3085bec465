"""Figures of lessons 03, 04, 05 and 11: maps of a drawn digit and of photographs, and the one that is not a map of the network."""

from functools import lru_cache
from zlib import crc32

import numpy as np

from xailab import plot
from xailab.cam import cam, grad_cam, grad_cam_layers
from xailab.demos.controls import DrawingBoard, Interactive, PhotoFile, Pointer, Slider, choice, ink
from xailab.demos.networks import digit_reader, photo_classifier, photographs, vgg16
from xailab.evaluate import keeping_weights, shuffle_weights

_SIDES = [16, 32, 48, 64, 96]  # of the patch, in pixels
NAMES = "ABCD"


def centred(picture):
    """A drawn digit laid with its centre of mass in the middle, as MNIST has its digits. (28, 28) -> (28, 28)"""
    if not picture.any():
        return picture
    rows, columns = np.indices(picture.shape)
    weight = picture.sum()
    down, right = (int(round(13.5 - (axis * picture).sum() / weight)) for axis in (rows, columns))
    padded = np.pad(picture, 28)
    return padded[28 - down : 56 - down, 28 - right : 56 - right]


def read_digit(picture):
    """The ten logits of a drawn digit and the class activation map of the highest one.

    picture: float (28, 28), ink 1 on 0. Returns (logits (10,), map (28, 28)). Lesson 03.
    """
    images = centred(picture)[None, ..., None].astype(np.float32)
    logits = np.asarray(digit_reader()(images, training=False))[0]
    return logits, cam(digit_reader(), images, int(logits.argmax()))[0]


def digit_figure(board):
    """Lesson 03's figure: the drawn digit, its map and the ten logits. Returns a Figure."""
    picture = ink(board)
    logits, heatmap = read_digit(picture)
    read = int(logits.argmax())
    title = f"Read as {read}; the map sums to its logit, {heatmap.sum():.2f}" if picture.any() else "Draw a digit"
    written = ", ".join(f"{digit} {logit:.1f}" for digit, logit in enumerate(logits))
    figure = plot.new_figure(title, 6.6, 2.9, f"{title}. The ten logits: {written}.")
    seen, why, bars = figure.subplots(1, 3, width_ratios=[1, 1.25, 1.2])
    seen.imshow(centred(picture), cmap="gray", vmin=0, vmax=1)
    seen.set_title("what the network sees", fontsize=9)
    drawn = why.imshow(heatmap, **plot.colours(heatmap))
    why.contour(centred(picture), [0.5], colors="black", linewidths=1) if picture.max() > 0.5 else None
    why.set_title(f"why {read}?", fontsize=9)
    figure.colorbar(drawn, ax=why, shrink=0.7, label="share of the logit")
    bars.barh(range(10), logits, color=["#b5731a" if digit == read else "#31688e" for digit in range(10)])
    bars.set(yticks=range(10), xlabel="logit")
    bars.invert_yaxis()
    for axes in (seen, why):
        axes.set(xticks=[], yticks=[])
    return figure


def first_digit():
    """A two, as a hand might draw it, in the form of a board's value."""
    picture = np.zeros((28, 28))
    way = [(8, 9), (6, 12), (6, 16), (9, 18), (13, 16), (17, 12), (21, 8), (21, 13), (21, 19)]
    rows, columns = np.indices(picture.shape)
    for (y, x), (to_y, to_x) in zip(way, way[1:]):
        for part in np.linspace(0, 1, 12):
            away = np.hypot(rows - y - part * (to_y - y), columns - x - part * (to_x - x))
            picture = np.maximum(picture, np.clip(1.9 - away, 0, 1))
    return (picture * 255).astype(np.uint8).tobytes().hex()


def draw_a_digit():
    """Draw a digit; its ten logits and its map follow. Returns an Interactive. Lesson 03."""
    label = "Board to draw a digit on: arrow keys move, with Shift they draw, the space bar makes a dot"
    return Interactive(digit_figure, "Draw a digit", {"board": DrawingBoard(label=label, value=first_digit())})


@lru_cache(maxsize=4)
def _layers(photo):
    """Top classes of a photo (its bytes) and the Grad-CAM of each convolution for the first one."""
    images = np.frombuffer(photo, np.uint8).reshape(1, 224, 224, 3)
    return vgg16().top(images[0], 3), grad_cam_layers(vgg16(), images)


def layer_names():
    """The thirteen convolutions of VGG16, in order."""
    return [f"block{block}_conv{number}" for block in range(1, 6) for number in range(1, 3 + (block > 2))]


def layer_figure(photo, layer):
    """Lesson 04's figure: Grad-CAM of one layer of VGG16. photo: uint8 (224, 224, 3). Returns a Figure."""
    top, maps = _layers(photo.tobytes())
    said = ", ".join(f"{name} {share:.0%}" for name, share in top)
    return plot.overlay(photo, maps[layer][0], title=f"{layer} · {said}")


def slide_through_the_layers():
    """Grad-CAM of any layer of VGG16, on any photo or one of your own. Returns an Interactive. Lesson 04."""
    seen = {"count": 0, "name": None}

    def draw(name, layer, own):
        if own.count > seen["count"]:
            seen["count"] = own.count
            seen["own"] = own.photo()
            seen["name"] = name  # the own photo stays until another one is chosen
        if name != seen["name"]:
            seen.pop("own", None)
        return layer_figure(seen.get("own", photographs()[name]), layer)

    controls = {
        "name": choice("photo", list(photographs())),
        "layer": Slider("layer", layer_names(), layer_names()[-1]),
        "own": PhotoFile(),
    }
    return Interactive(draw, "Which layer looks where?", controls)


def covered(photo, x, y, side):
    """A copy of a photo with a grey square on it, cut off at the edges. x, y: its centre; side: in pixels."""
    photo = photo.copy()
    top, left = max(0, y - side // 2), max(0, x - side // 2)
    photo[top : y + (side + 1) // 2, left : x + (side + 1) // 2] = 128
    return photo


@lru_cache(maxsize=16)
def _uncovered(name):
    logits = photo_classifier().logits(photographs()[name][None])[0]
    top = np.argsort(-logits)[:3]
    return top, logits[top]


def patch_figure(name, place, side):
    """Lesson 05's figure: the photo's three highest logits, before and behind the patch. Returns a Figure."""
    top, before = _uncovered(name)
    now = photo_classifier().logits(covered(photographs()[name], *place, side)[None])[0]
    labels = [photo_classifier().labels[index] for index in top]
    drop = before[0] - now[top[0]]
    verb = "takes" if drop >= 0 else "adds"
    title = f"Here the patch {verb} {abs(drop):.1f} of {before[0]:.1f}: {labels[0]}"
    alt = f"{title}. Logits with the patch: " + ", ".join(f"{a} {b:.1f}" for a, b in zip(labels, now[top])) + "."
    figure = plot.new_figure(title, 6.2, 2.6, alt)
    axes = figure.subplots()
    places = np.arange(3)
    axes.barh(places - 0.2, before, 0.4, label="uncovered", color="#9a9a9a")
    axes.barh(places + 0.2, now[top], 0.4, label="with the patch", color="#31688e")
    axes.set_yticks(places, labels)
    axes.set(xlabel="logit", xlim=(min(0, now[top].min()), 1.15 * before[0]))
    axes.invert_yaxis()
    axes.legend(fontsize=8, loc="lower right")
    return figure


def drag_the_patch():
    """Drag a patch over a photo; the scores follow. Returns an Interactive. Lesson 05."""
    pointer = Pointer(label="Photo with a patch: drag it, or move it with the arrow keys", side=48)

    def draw(name, place, side):
        pointer.side = side
        pointer.show(photographs()[name])
        return patch_figure(name, tuple(place), side)

    controls = {
        "name": choice("photo", list(photographs()), "coffee"),
        "side": Slider("patch, pixels", _SIDES, 48),
        "place": pointer,
    }
    return Interactive(draw, "Drag the patch", controls)


@lru_cache(maxsize=12)
def candidates(name):
    """Four maps of a photo in an order that depends on the photo alone: one is the network's.

    Returns [(what it is, map float (224, 224))] of four: Grad-CAM of the network; Grad-CAM after all its weights were
    shuffled; the edges of the photo; a blob in the middle. Lesson 11.
    """
    from skimage.filters import gaussian, sobel

    photo, classifier = photographs()[name], photo_classifier()
    target = int(classifier.logits(photo[None])[0].argmax())
    real = grad_cam(classifier, photo[None], target)[0]
    random = np.random.default_rng(crc32(name.encode()))
    with keeping_weights(classifier.model):
        for layer in classifier.model.layers:
            shuffle_weights(layer, random)
        shuffled = grad_cam(classifier, photo[None], target)[0]
    edges = gaussian(sobel(photo.mean(axis=2)), 8)
    rows, columns = np.indices(photo.shape[:2])
    blob = np.exp(-(((rows - 112) / 50) ** 2) - ((columns - 112) / 50) ** 2)
    maps = [
        ("Grad-CAM of the network", real),
        ("Grad-CAM of the network with all weights shuffled", shuffled),
        ("the photo's edges; no network was asked", edges),
        ("a blob in the middle, the same for every photo", blob),
    ]
    return [maps[index] for index in random.permutation(4)]


def guess_figure(name, guess):
    """Lesson 11's figure: four maps of a photo; with a guess, what each of them is. Returns a Figure."""
    maps = candidates(name)
    real = next(
        letter
        for letter, (what, _) in zip(NAMES, maps)
        if what.startswith("Grad-CAM of the network") and "shuffled" not in what
    )
    if guess in NAMES:
        verdict = "Right" if guess == real else f"No, {guess} is {maps[NAMES.index(guess)][0]}"
        title = f"{verdict}: {real} is the network's map"
        alt = f"{title}. " + "; ".join(f"{letter}: {what}" for letter, (what, _) in zip(NAMES, maps)) + "."
    else:
        title = "One of these maps shows what the network saw. Which one?"
        alt = f"{title} A photo of {name} and four heat maps, A to D."
    figure = plot.new_figure(title, 9.2, 2.6, alt)
    panels = figure.subplots(1, 5)
    panels[0].imshow(photographs()[name])
    panels[0].set_title(name, fontsize=9)
    for axes, letter, (what, heatmap) in zip(panels[1:], NAMES, maps):
        largest = heatmap.max() or 1
        drawn = axes.imshow(heatmap / largest, cmap="inferno", vmin=0, vmax=1)
        short = (
            what.split(";")[0]
            .replace(" with all weights shuffled", ",\nall weights shuffled")
            .replace(", the same", ",\nthe same")
        )
        axes.set_title(f"{letter}: {short}" if guess in NAMES else letter, fontsize=8)
    for axes in panels:
        axes.set(xticks=[], yticks=[])
    figure.colorbar(drawn, ax=list(panels), shrink=0.7, label="share of the\nmap's largest")
    return figure


def find_the_real_map():
    """Which of four maps is the network's? Returns an Interactive. Lesson 11."""
    controls = {
        "name": choice("photo", list(photographs())),
        "guess": choice("your guess", ["not yet", *NAMES]),
    }
    return Interactive(guess_figure, "Which map is the real one?", controls)
