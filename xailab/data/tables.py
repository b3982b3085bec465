"""Data that is no picture: a table of cars that an installed package carries."""

from importlib.resources import files


def cars():
    """Cars of the model years 1970 to 1982 and how far they go on a gallon: the Auto MPG table.

    Returns a pandas DataFrame of 392 rows, one a car and named by it. Columns: cylinders, displacement (cubic inches),
    horsepower, weight (pounds), acceleration (seconds from 0 to 60 mph), year (70 to 82), origin (1 America, 2 Europe,
    3 Japan), mpg (miles a US gallon). Cars whose horsepower or mpg nobody wrote down are not in it.
    Quinlan (1993), after StatLib, 1983. Lesson 09.
    """
    import pandas

    names = ["cylinders", "displacement", "horsepower", "weight", "acceleration", "year", "origin", "name", "mpg"]
    path = files("mlxtend") / "data/data/autompg.csv.gz"
    return pandas.read_csv(str(path), header=None, names=names).set_index("name")
