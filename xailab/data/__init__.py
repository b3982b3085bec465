"""What is explained: digits, photographs, materials, a table of cars, rendered beams and creatures, and readers of your own.

Nothing here needs a network, a model or TensorFlow. A new kind of data is a module here; its public names are listed below.
"""

from xailab.data.digits import mnist
from xailab.data.labelled import Pictures, halves, hold_out, image_folder, read_picture
from xailab.data.marked_parts import READERS, PicturesWithParts, animal_part, cub200, voc_part
from xailab.data.photographs import photos, square
from xailab.data.rendered_beams import Beams, beams
from xailab.data.rendered_creatures import PARTS, SPECIES, creatures
from xailab.data.shortcuts import date_stamp, on_plate, with_watch
from xailab.data.tables import cars
from xailab.data.textures import materials

__all__ = [
    "PARTS",
    "READERS",
    "SPECIES",
    "Beams",
    "PicturesWithParts",
    "Pictures",
    "animal_part",
    "beams",
    "cars",
    "creatures",
    "cub200",
    "date_stamp",
    "halves",
    "hold_out",
    "image_folder",
    "materials",
    "mnist",
    "on_plate",
    "photos",
    "read_picture",
    "square",
    "voc_part",
    "with_watch",
]
