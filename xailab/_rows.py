"""Rows of a table as LIME reads them: checked, and described by conditions that hold or do not."""

import numpy as np

from xailab._validate import check_table


def check_rows(row, training_data, categorical, names):
    """The row (columns,) and the table (rows, columns) as floats, and what the columns are called."""
    import pandas

    if np.ndim(training_data) != 2 or np.shape(row) != np.shape(training_data)[1:]:
        raise ValueError(
            f"the row has shape {np.shape(row)} and training_data {np.shape(training_data)}: (columns,) and (rows, columns) "
            "were expected."
        )
    if names is None:
        own = getattr(training_data, "columns", range(np.shape(training_data)[1]))
        names = [name if isinstance(name, str) else f"column {name}" for name in own]
    if len(set(names)) != len(row):
        raise ValueError(f"there are {len(set(names))} different names for {len(row)} columns: one each was expected.")
    both = [pandas.DataFrame([list(row)]), pandas.DataFrame(training_data).infer_objects()]
    row, table = (check_table(each.set_axis(map(str, names), axis=1)).to_numpy() for each in both)
    row = row[0]
    if (table == table[0]).all():
        raise ValueError(
            "training_data has no two different rows, so nothing can be varied: pass the data the model saw."
        )
    for index in categorical:
        if not 0 <= index < len(row):
            raise ValueError(f"categorical names column {index}: 0 to {len(row) - 1} was expected.")
        if row[index] not in table[:, index]:
            raise ValueError(
                f"{names[index]} of the row is {row[index]:g}, a category that training_data lack: they have "
                f"{', '.join(f'{value:g}' for value in np.unique(table[:, index]))}."
            )
    return row, table, tuple(map(str, names))


def check_background(row, background):
    """The row (columns,) and the rows whose values stand in for its own, (rows, columns), as floats."""
    import pandas

    if np.ndim(background) != 2 or np.shape(row) != np.shape(background)[1:]:
        raise ValueError(
            f"the row has shape {np.shape(row)} and the background {np.shape(background)}: (columns,) and (rows, columns) "
            "were expected."
        )
    both = [pandas.DataFrame([list(row)]), pandas.DataFrame(background)]
    row, table = (check_table(each.set_axis(map(str, range(len(row))), axis=1)).to_numpy(float) for each in both)
    return row[0], table


def neighbours(row, table, samples, around, random):
    """Rows (samples, columns) to ask about, the first of them the row itself. random: numpy.random.RandomState."""
    if around not in ("data", "row"):
        raise ValueError(f"around is {around!r}: 'data' or 'row' was expected.")
    rows = np.stack([random.choice(column, samples) for column in table.T], axis=1)
    if around == "row":
        changed = random.randint(1, len(row) + 1, (samples, 1))
        rows = np.where(random.random_sample(rows.shape).argsort(axis=1) < changed, rows, row)
    rows[0] = row
    return rows


def interpretable(rows, table, categorical, discretize, names):
    """What the linear model sees of each row, float (N, columns), and what it is called."""
    inputs, conditions = np.empty(rows.shape), list(names)
    for index, name in enumerate(names):
        column = rows[:, index]
        if index in categorical:
            inputs[:, index] = column == column[0]
            conditions[index] = f"{name} = {column[0]:g}"
        elif discretize:
            edges = np.unique(np.percentile(table[:, index], [25, 50, 75]))
            quarter = np.searchsorted(edges, column)
            inputs[:, index] = quarter == quarter[0]
            below = f"{edges[quarter[0] - 1]:.4g} < " if quarter[0] else ""
            above = f" <= {edges[quarter[0]]:.4g}" if quarter[0] < len(edges) else ""
            conditions[index] = f"{below}{name}{above}" if above else f"{name} > {edges[-1]:.4g}"
        else:
            spread = table[:, index].std()
            inputs[:, index] = (column - table[:, index].mean()) / (spread if spread > 0 else 1)
    return inputs, tuple(conditions)
