"""Photographs whose parts people have marked: readers of CUB-200-2011, Pascal VOC Part and ILSVRC Animal-Part.

Each reads the folder, or the archive, that a user has downloaded, cuts every object out by its box, stretches it to a
square, and carries the parts' places along. The networks never see these places; they are for measuring.
"""

import os
import shutil
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

_LEAST_AREA = 50 * 50  # pixels of a box; in a smaller one a part cannot be seen
_MARKED_IN = 224  # pixels: Animal-Part gives its places in boxes stretched to this side

_CUB = "CUB-200-2011 is at data.caltech.edu/records/65de6-vp158, for non-commercial research and teaching."
_VOC = (
    "VOC Part's annotations are at roozbehm.info/pascal-parts, the photos at host.robots.ox.ac.uk/pascal/VOC/voc2010, "
    "both for research; put Annotations_Part beside JPEGImages."
)
_ANIMAL = (
    "Animal-Part's photos are at github.com/zqs1022/detanimalpart (MIT), the files truth_partNN.mat at "
    "github.com/zqs1022/interpretableCNN (folder code/data_input/data_input_DET-2015-subset-ILSVRC2013train): put those "
    "of each animal, such as n01443537, into its folder n01443537_obj."
)


@dataclass(frozen=True)
class PicturesWithParts:
    """Pictures uint8 (N, S, S, 3); labels int (N,), from 1 in the order of `categories`; landmarks float (N, K, 2), x and y in
    pixels of the parts named in `parts`, NaN where one is not seen; test bool (N,), whether a picture is held out."""

    pictures: np.ndarray
    labels: np.ndarray
    landmarks: np.ndarray
    test: np.ndarray
    categories: tuple
    parts: tuple


def cub200(path, *, size=224, limit=None, seed=0):
    """Birds of 200 species: 11,788 photos with 15 marked parts, of which back, forehead and tail are read, as in the paper.

    path: folder CUB_200_2011, or its archive. size: side of the pictures in pixels. limit: read so many photos, drawn at
    random by the seed; None reads all (1.8 GB of memory at 224 pixels).
    Returns PicturesWithParts, held out as the authors did. Raises FileNotFoundError, which says where to get them, for
    missing files. Wah, Branson, Welinder, Perona, Belongie (2011). Lesson 07.
    """
    folder = _root(path, "images.txt", _CUB)
    table = {name: _lines(folder / f"{name}.txt", _CUB) for name in ("images", "image_class_labels", "bounding_boxes")}
    split, names = (_lines(folder / f"{name}.txt", _CUB) for name in ("train_test_split", "classes"))
    wanted = {1: 0, 6: 1, 14: 2}  # CUB's numbers of the parts
    marks = {}
    for image, part, x, y, visible in _lines(folder / "parts" / "part_locs.txt", _CUB):
        if int(part) in wanted and visible == "1":
            marks.setdefault(image, np.full((3, 2), np.nan))[wanted[int(part)]] = float(x), float(y)
    label = {image: int(number) for image, number in table["image_class_labels"]}
    box = {
        image: np.array([float(x), float(y), float(x) + float(w), float(y) + float(h)])
        for image, x, y, w, h in table["bounding_boxes"]
    }
    held_out = {image for image, training in split if training == "0"}
    objects = [
        (
            folder / "images" / file,
            box[image],
            marks.get(image, np.full((3, 2), np.nan)),
            label[image],
            image in held_out,
        )
        for image, file in table["images"]
    ]
    return _read(objects, size, limit, seed, tuple(name for _, name in names), ("back", "forehead", "tail"), _CUB)


def voc_part(path, *, animals=("bird", "cat", "cow", "dog", "horse", "sheep"), size=224, limit=None, seed=0):
    """Six animals of Pascal VOC 2010 with the masks of their parts, of which head, neck and torso are read, as in the paper.

    path: folder that holds Annotations_Part and JPEGImages, or an archive of it. animals: which to read. size, limit, seed: as
    in cub200. Returns PicturesWithParts; a part's place is the centre of its mask's box, and a fifth of the objects is held
    out. Raises FileNotFoundError as cub200. Chen, Mottaghi, Liu, Fidler, Urtasun, Yuille (2014). Lesson 07.
    """
    from scipy.io import loadmat

    folder, parts = _root(path, "Annotations_Part", _VOC), ("head", "neck", "torso")
    files = sorted((folder / "Annotations_Part").glob("*.mat"))
    objects = []
    for file in tqdm(files, desc="annotations", disable=len(files) < 100):
        annotation = loadmat(file, squeeze_me=True, struct_as_record=False)["anno"]
        for thing in np.atleast_1d(annotation.objects):
            if thing.__dict__["class"] not in animals:
                continue
            places = np.full((3, 2), np.nan)
            for part in np.atleast_1d(thing.parts):
                if getattr(part, "part_name", None) in parts:
                    rows, columns = np.nonzero(np.atleast_2d(part.mask))
                    if len(rows):
                        places[parts.index(part.part_name)] = (
                            np.ptp(columns) / 2 + columns.min(),
                            np.ptp(rows) / 2 + rows.min(),
                        )
            photo = folder / "JPEGImages" / f"{annotation.imname}.jpg"
            objects.append(
                (photo, np.array(thing.bbox, float), places, animals.index(thing.__dict__["class"]) + 1, None)
            )
    return _read(objects, size, limit, seed, tuple(animals), parts, _VOC)


def animal_part(path, *, animals=None, size=224, limit=None, seed=0):
    """Thirty kinds of animals of ILSVRC 2013 with head and foreleg marked (some with the head alone).

    path: folder that holds n01443537_obj and the like, or an archive of it; an animal's folder holds img/data.mat, its photos
    img/img/00001.jpg … and truth_part01.mat, truth_part02.mat. animals: WordNet numbers such as "n01443537"; None reads all
    that are there. size, limit, seed: as in cub200. Returns PicturesWithParts; a fifth of the objects is held out.
    Raises FileNotFoundError as cub200. Zhang, Wu, Zhu (2018), section 4. Lesson 07.
    """
    from scipy.io import loadmat

    folder = _root(path, "*_obj", _ANIMAL)
    animals = tuple(animals or (found.name.removesuffix("_obj") for found in sorted(folder.glob("*_obj"))))
    objects = []
    for label, animal in enumerate(animals, 1):
        home = folder / f"{animal}_obj"
        samples = np.atleast_1d(
            loadmat(_existing(home / "img" / "data.mat", _ANIMAL), squeeze_me=True, struct_as_record=False)["samples"]
        )
        places = np.full((len(samples), 2, 2), np.nan)
        for part in range(2):
            file = home / f"truth_part{part + 1:02d}.mat"
            if part == 0 or file.exists():  # some animals have no leg marked
                for index, centre in enumerate(_centres(_existing(file, _ANIMAL))[: len(samples)]):
                    places[index, part] = centre
        for index, sample in enumerate(samples):
            edges = sample.obj.bndbox
            box = np.array([edges.xmin, edges.ymin, edges.xmax, edges.ymax], float)
            marked = box[:2] + places[index] / _MARKED_IN * (box[2:] - box[:2])
            objects.append((home / "img" / "img" / f"{index + 1:05d}.jpg", box, marked, label, None))
    return _read(objects, size, limit, seed, animals, ("head", "leg"), _ANIMAL)


def _centres(path):
    """x and y of one part in each object of a truth_partNN.mat, NaN where there is none; old and new MATLAB formats."""
    from scipy.io import loadmat

    try:
        centres = [
            each.pHW_center for each in np.atleast_1d(loadmat(path, squeeze_me=True, struct_as_record=False)["truth"])
        ]
    except NotImplementedError:  # MATLAB 7.3 writes HDF5
        import h5py

        with h5py.File(path) as file:
            found = [file[reference] for reference in np.ravel(file["truth"]["pHW_center"])]
            centres = [() if "MATLAB_empty" in each.attrs else np.ravel(each) for each in found]
    return [centre[::-1] if np.size(centre) == 2 else (np.nan, np.nan) for centre in centres]


def _read(objects, size, limit, seed, categories, parts, source):
    """objects: (file, box x0 y0 x1 y1, places (K, 2) in the photo, label, held out or None) -> PicturesWithParts."""
    objects = [each for each in objects if np.prod(each[1][2:] - each[1][:2]) >= _LEAST_AREA]
    if not objects:
        raise FileNotFoundError(f"no object of {', '.join(categories[:8])} was found. {source}")
    draw = np.random.default_rng(seed)
    chosen = np.sort(draw.permutation(len(objects))[:limit])
    pictures = np.zeros((len(chosen), size, size, 3), np.uint8)
    landmarks = np.full((len(chosen), len(parts), 2), np.nan)
    for row, index in enumerate(tqdm(chosen, desc="photos", disable=len(chosen) < 100)):
        file, box, places, _, _ = objects[index]
        with Image.open(_existing(file, source)) as photo:
            pictures[row] = photo.convert("RGB").resize(
                (size, size), Image.Resampling.BILINEAR, box=_inside(box, photo.size)
            )
        landmarks[row] = (places - box[:2]) / (box[2:] - box[:2]) * size - 0.5
    labels = np.array([objects[index][3] for index in chosen])
    held_out = [objects[index][4] for index in chosen]
    test = draw.random(len(chosen)) < 0.2 if held_out[0] is None else np.array(held_out)
    return PicturesWithParts(pictures, labels, landmarks, test, tuple(categories), parts)


def _inside(box, size):
    """A box as Pillow takes it: not beyond the photo."""
    return tuple(np.clip(box, 0, [*size, *size]))


def _lines(path, source):
    return [line.split() for line in _existing(path, source).read_text().splitlines() if line.strip()]


def _existing(path, source):
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing. {source}")
    return path


def _root(path, landmark, source):
    """The folder, at the path or below it, that holds `landmark`; an archive is unpacked beside itself first."""
    path = _existing(Path(path), source)
    folder = path if path.is_dir() else unpack(path)
    for candidate in (folder, *sorted(each for each in folder.iterdir() if each.is_dir())):
        if any(candidate.glob(landmark)):
            return candidate
    raise FileNotFoundError(f"{folder} holds no {landmark}. {source}")


def unpack(archive):
    """Unpack a .zip or .tar archive into a folder of its name beside it, once, and return the folder.

    archive: path. Raises ValueError for another kind of file, and, before anything is written, for an archive with a path
    or a link that leaves the folder. An interrupted call leaves no half-filled folder. Lesson 07.
    """
    archive = Path(archive)
    folder = archive.with_name(archive.name.split(".")[0])
    if folder.is_dir():
        return folder
    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=archive.parent))
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                for name in packed.namelist():
                    if not (partial / name).resolve().is_relative_to(partial.resolve()):
                        raise ValueError(
                            f"{archive} holds the path {name!r}, which leaves its folder: it was not unpacked."
                        )
                packed.extractall(partial)
        elif tarfile.is_tarfile(archive):
            with tarfile.open(archive) as packed:
                for member in packed:
                    tarfile.data_filter(member, str(partial))
                packed.extractall(partial, filter="data")
        else:
            raise ValueError(f"{archive} is neither a folder nor a .zip or .tar archive: unpack it first.")
        os.replace(partial, folder)
    except tarfile.FilterError as error:
        raise ValueError(
            f"{archive} holds a path or a link that leaves its folder: it was not unpacked ({error})."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


READERS = {"cub200": cub200, "voc_part": voc_part, "animal_part": animal_part}
