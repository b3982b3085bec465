"""Lesson 12's line of beams, learned five times from other seeds: tainted, painted over, mended, and the depth of cracks.

    python datasets/inspection_line.py

writes datasets/inspection_line.json, a seed at a time; those that are in it are not done again. About two minutes each.
"""

from functools import partial
from pathlib import Path

import numpy as np

from course.author import build
from results import add_missing, read_results
from xailab.cam import cam, grad_cam
from xailab.data import beams
from xailab.evaluate import pointing_game
from xailab.occlusion import occlusion

RESULTS = Path(__file__).with_suffix(".json")
LESSON = build.functions("12")
learn, repaint, cost = LESSON["learn"], LESSON["repaint"], LESSON["cost"]
TAINTED, HONEST, BARE, ALL = (0, 1), (0.5, 0.5), (0, 0), (1, 1)


def paint_over(line):
    """The photos with every spot of paint in the photo's mean colour."""
    photos = line.photos.copy()
    for photo, mark in zip(photos, line.marks):
        photo[mark] = photo.mean(axis=(0, 1)).round()
    return photos


def repainted(bare, spotted):
    """The beams of a bare clamp with spots as lesson 12 paints them: green as on the line, red or grey, or at another place."""
    green = spotted.photos[spotted.marks].mean(axis=0).round()
    away = np.roll(spotted.marks, 40, axis=2)
    return {
        "green": repaint(bare.photos, spotted.marks, green),
        "red": repaint(bare.photos, spotted.marks, green[[1, 0, 2]]),
        "grey": repaint(bare.photos, spotted.marks, np.full(3, green.mean().round())),
        "green, elsewhere": repaint(bare.photos, away, green),
    }


def clamps(network, seed, tests):
    """Cracks that a network misses on either clamp, and how many answers spots of other colours and places turn to cracked."""
    bare, spotted = (beams(tests, marks=marks, seed=1000 + seed) for marks in (BARE, ALL))
    passed = network.logits(bare.photos).argmax(axis=1) == 0
    return {
        "missed bare": int(np.sum(passed & (bare.cracked == 1))),
        "missed spotted": int(np.sum((network.logits(spotted.photos).argmax(axis=1) == 0) & (bare.cracked == 1))),
        "turned by": {
            name: int(np.sum(passed & (network.logits(photos).argmax(axis=1) == 1)))
            for name, photos in repainted(bare, spotted).items()
        },
    }


def bills(network, seed, tests):
    """The threshold that lesson 12's rule finds at 1 % cracked, what it costs at three shares of cracked beams, and the misses by depth."""
    choose, new = (beams(tests, marks=HONEST, seed=start + seed) for start in (3000, 1000))
    thresholds = np.round(np.arange(0.02, 1, 0.02), 2)
    chance, judged = network(choose.photos)[:, 1], network(new.photos)[:, 1]
    paid = [cost(chance, choose.cracked, t, 100, 1, 0.01) for t in thresholds]
    threshold = float(thresholds[np.isclose(paid, min(paid))].mean())
    bad, passed = new.cracked == 1, judged < threshold
    return {
        "threshold": threshold,
        "missed": int(np.sum(passed & bad)),
        "alarms": int(np.sum(~passed & ~bad)),
        "cracked": int(bad.sum()),
        "sound": int(np.sum(~bad)),
        "cost": {
            str(share): float(cost(judged, new.cracked, threshold, 100, 1, share)) for share in (0.5, 0.01, 0.001)
        },
        "missed below 0.6": int(np.sum(passed & bad & (new.depths < 0.6))),
        "shallowest": float(new.depths[bad].min()),
    }


def judge(network, own, seed, count):
    """How a network does on its own line and on an honest one, how many answers the spot flips, and where its maps look."""
    honest, bare, spotted = (beams(count, marks=marks, seed=1000 + seed) for marks in (HONEST, BARE, ALL))

    def answers(photos):
        return network.logits(photos).argmax(axis=1)

    said, without, with_spot = answers(honest.photos), answers(bare.photos), answers(spotted.photos)
    found = {
        "own": float(np.mean(answers(own.photos) == own.cracked)),
        "honest": float(np.mean(said == honest.cracked)),
        "missed": int(np.sum((said == 0) & (honest.cracked == 1))),
        "alarms": int(np.sum((said == 1) & (honest.cracked == 0))),
        "cracked": int(honest.cracked.sum()),
        "to cracked": int(np.sum((without == 0) & (with_spot == 1))),
        "to sound": int(np.sum((without == 1) & (with_spot == 0))),
    }
    both = np.flatnonzero(spotted.cracked == 1)[:24]
    photos, marks, cracks = spotted.photos[both], spotted.marks[both], spotted.cracks[both]
    maps = {
        "CAM": cam(network, photos, 1),
        "Grad-CAM": grad_cam(network, photos, 1),
        "occlusion": occlusion(network, photos, 1, patch=12, stride=6, progress=False),
    }
    for name, heat in maps.items():
        usable = np.ptp(heat, axis=(1, 2)) > 0
        heat = heat[usable]
        found[name] = {
            "empty": float(np.mean(~usable)),
            "points to mark": float(pointing_game(heat, marks[usable], tolerance=3).mean()),
            "points to crack": float(pointing_game(heat, cracks[usable], tolerance=3).mean()),
        }
    return found


def trial(seed, count=800, tests=400):
    """Train and measure as lesson 12 does, from another seed. count: of parts to learn from; tests: of parts to judge by.

    Returns {"tainted", "painted over", "mended": what judge finds, "depth": of the network for a number}.
    """
    names, results = ("sound", "cracked"), {}
    tainted, mended = beams(count, marks=TAINTED, seed=seed), beams(count, marks=HONEST, seed=seed)
    own = {marks: beams(tests, marks=marks, seed=2000 + seed) for marks in (TAINTED, HONEST)}
    inspector = learn(tainted.photos, tainted.cracked, names, seed)
    results["tainted"] = judge(inspector, own[TAINTED], seed, tests) | clamps(inspector, seed, tests)
    painted = learn(paint_over(tainted), tainted.cracked, names, seed)
    results["painted over"] = judge(painted, own[TAINTED], seed, tests)
    over = paint_over(own[TAINTED])
    results["painted over"]["own, painted"] = float(
        np.mean(painted.logits(over).argmax(axis=1) == own[TAINTED].cracked)
    )
    second = learn(mended.photos, mended.cracked, names, seed)
    results["mended"] = judge(second, own[HONEST], seed, tests) | {"bill": bills(second, seed, tests)}
    gauge = learn(mended.photos, mended.depths.astype(np.float32), ("depth",), seed)
    new = beams(tests, marks=HONEST, seed=1000 + seed)
    says, cracked = gauge.logits(new.photos)[:, 0], new.cracked == 1
    maps = cam(gauge, new.photos, 0)
    bias = float(gauge.model.get_layer("output").bias.numpy()[0])
    off, spread = says - new.depths, new.depths - new.depths[cracked].mean()
    areas = new.cracks.sum(axis=(1, 2))
    results["depth"] = {
        "sum of map": float(np.abs(maps.sum(axis=(1, 2)) + bias - says).max()),
        "error": float(np.abs(off).mean()),
        "error of cracked": float(np.abs(off[cracked]).mean()),
        "error of their mean": float(np.abs(spread[cracked]).mean()),
        "explained": float(1 - np.mean(off**2) / new.depths.var()),
        "explained of cracked": float(1 - np.mean(off[cracked] ** 2) / new.depths[cracked].var()),
        "with depth": float(np.corrcoef(says[cracked], new.depths[cracked])[0, 1]),
        "with area": float(np.corrcoef(says[cracked], areas[cracked])[0, 1]),
        "points to crack": float(pointing_game(maps[cracked], new.cracks[cracked], tolerance=3).mean()),
    }
    return results


def main():
    """Add the seeds that are missing."""
    found = read_results(RESULTS, command="python datasets/inspection_line.py", seeds={})
    add_missing(RESULTS, found, found["seeds"], {str(seed): partial(trial, seed) for seed in range(5)})


if __name__ == "__main__":
    main()
