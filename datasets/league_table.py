"""Judge ten maps of five networks that learned apart, by every measure of lesson 11, and keep it as xailab/league.csv.

    python datasets/league_table.py

Each network learns as the lesson's cell `learn` says, from other pictures and other first weights. All are judged on the same
30 cracked beams, and again on the same 30 foxes, that all five recognise. Two shuffled networks each, so ten in all. The file
is written after each network. About ten minutes of one core.
"""

from pathlib import Path

import numpy as np
import pandas

from course.author import build
from xailab import league
from xailab.data import beams, creatures
from xailab.evaluate import iou, pointing_game, rank_correlation

TABLE = Path(__file__).resolve().parent.parent / "xailab" / "league.csv"
NETWORKS, PICTURES, SHUFFLES, PARTS, FOXES = 5, 30, 2, 800, 1000


def recognised(networks, pictures, labels, count):
    """Indices of the first pictures of class 1 that all networks recognise."""
    said = np.stack([network(pictures).argmax(axis=1) for network in networks])
    return np.flatnonzero((said == 1).all(axis=0) & (labels == 1))[:count]


def on_foxes(network, pictures, outlines, places, method):
    """The three measures of lesson 11 whose truth is the fox, or its head: {measure: (N,)}."""
    maps = league.with_an_order(league.METHODS[method](network, pictures, [1] * len(pictures)), pictures)
    heads = np.zeros(outlines.shape, bool)
    x, y = places.round().astype(int).T
    heads[np.arange(len(heads)), y, x] = True
    found = pointing_game(maps, outlines), iou(maps, outlines), pointing_game(maps, heads, tolerance=6)
    return dict(zip(league.FOX_MEASURES, found))


def main(networks=NETWORKS, pictures=PICTURES, parts=PARTS, foxes=FOXES, methods=league.METHODS, first=0):
    """Yield the rows (method, measure, network, count, mean) of one network after the other. first: the first seed."""
    learn, seeds = build.functions("11")["learn"], range(first, first + networks)
    drawn = {seed: (beams(parts, seed=10 + seed), creatures(foxes, seed=10 + seed)) for seed in seeds}
    inspectors = [learn(one.photos, one.cracked, ("sound", "cracked"), seed=seed) for seed, (one, _) in drawn.items()]
    spotters = [
        learn(two.pictures, two.labels, ("no fox", "fox"), start="he_normal", seed=seed)
        for seed, (_, two) in drawn.items()
    ]
    held_out, new = beams(400, seed=3 + first), creatures(400, seed=3 + first)
    chosen = recognised(inspectors, held_out.photos, held_out.cracked, pictures)
    found = recognised(spotters, new.pictures, new.labels, pictures)
    photos, cracks, targets = held_out.photos[chosen], held_out.cracks[chosen], [1] * len(chosen)
    for number, (inspector, spotter) in enumerate(zip(inspectors, spotters)):
        table = league.league(inspector, photos, cracks, targets, methods=methods, networks=SHUFFLES)
        twin = inspectors[(number + 1) % networks]
        for method, explain in methods.items():
            pair = (explain(each, photos, targets) for each in (inspector, twin))
            table[method][league.TWIN] = rank_correlation(league.with_an_order(next(pair), photos), next(pair))
            table[method] |= on_foxes(
                spotter, new.pictures[found], new.outlines[found], new.landmarks[found, 0], method
            )
        yield [
            (method, measure, number, len(values), np.nan if np.isnan(values).all() else np.nanmean(values))
            for method, measures in table.items()
            for measure, values in measures.items()
        ]


if __name__ == "__main__":
    rows = []
    for more in main():
        rows += more
        columns = ["method", "measure", "network", "count", "mean"]
        pandas.DataFrame(rows, columns=columns).to_csv(TABLE, index=False, float_format="%.4f")
        print(len(rows), "rows", flush=True)
