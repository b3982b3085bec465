"""Shapley values: a fair share of a prediction for each feature, or each part of a picture. Thin, on the shap library."""

from contextlib import contextmanager

import numpy as np

from xailab._validate import check_table

_CELLS = 32  # a picture is cut into at most so many cells a side; a few hundred questions reach no finer ones
_BATCH = 32


def tree(model, table, *, background=None):
    """Shapley values of a tree or a forest, exactly, for each row.

    model: fitted scikit-learn tree, forest or gradient boosting; of a classifier the second of two classes is explained,
    as probability (trees, forests) or log-odds (boosting). table: DataFrame (N, F), the rows to explain.
    background: DataFrame (M, F): a feature that is switched off takes its values from there; None uses the training rows
    counted in the tree's leaves.
    Returns (values: DataFrame (N, F) in units of the answer, base): a row's values and the base add up to its answer.
    Raises ValueError for missing values, or more than two classes. Lundberg et al. (2020), algorithms 2 and 3. Lesson 09.
    """
    import pandas
    import shap  # here, because it takes seconds to import

    numbers = check_table(table)
    if background is not None:  # left to itself, shap takes a hundred rows of it
        background = shap.maskers.Independent(check_table(background), max_samples=len(background))
    explainer = shap.TreeExplainer(model, background)
    values, base = np.asarray(explainer.shap_values(numbers)), np.ravel(explainer.expected_value)
    if values.ndim == 3:
        if values.shape[-1] != 2:
            raise ValueError(f"the model has {values.shape[-1]} classes: two, or a regressor, were expected.")
        values = values[..., 1]
    return pandas.DataFrame(values, numbers.index, numbers.columns), float(base[-1])


def kernel(predict, table, background, *, samples="auto", seed=0):
    """Shapley values of any function of a table, by a weighted regression on switched-off features.

    predict: function from a table (n, F) to n numbers. table: DataFrame (N, F), the rows to explain.
    background: DataFrame (M, F): a feature that is switched off takes each of its M values, and the answers are averaged,
    so N x samples x M rows are asked for. samples: coalitions a row; exact from 2^F - 2 on. seed: of their choice.
    Returns (values, base) as tree does. Raises ValueError for missing values.
    Lundberg and Lee (2017), theorem 2. Lesson 09.
    """
    import pandas
    import shap

    numbers, background = check_table(table), check_table(background)

    def answers(rows):
        return np.asarray(predict(pandas.DataFrame(rows, columns=numbers.columns)), float).reshape(-1)

    explainer = shap.KernelExplainer(answers, background)
    with _seeded(seed):
        values = explainer.shap_values(numbers, nsamples=samples, l1_reg=False, silent=True)
    return pandas.DataFrame(values, numbers.index, numbers.columns), float(explainer.expected_value)


def partition(model, images, targets=None, *, evaluations=500, fill="mean"):
    """Shapley values of the parts of a picture, halved again and again where most is to be found (Owen values).

    model: keras.Model or Classifier, logits out. images: float (N, H, W, C) for a keras.Model, uint8 photos (N, H, W, 3)
    for a Classifier. targets: class index, N of them, or None for each image's top class.
    evaluations: changed pictures to ask about, for each image. fill: what stands in a part that is switched off, as in
    occlusion.
    Returns float32 (N, H, W): each pixel's share of the logit; a map sums to logit(image) - logit(all switched off).
    Raises ValueError for images, targets, evaluations or fill that do not fit.
    Owen (1977); Lundberg and Lee (2017), equation 4. Lesson 10.
    """
    import shap

    from xailab.network import Network  # here, so that tables do without TensorFlow
    from xailab.occlusion import filling_of

    network = Network.of(model)
    images, targets = network.check(images, targets)
    if not isinstance(evaluations, (int, np.integer)) or evaluations < 4:
        raise ValueError(f"evaluations is {evaluations!r}: a whole number from 4 up was expected; 500 is usual.")
    maps = np.zeros(images.shape[:3], np.float32)
    for index, image in enumerate(images):
        filling = filling_of(image, fill, min(image.shape[:2]))
        target = network.logits(image[None])[0].argmax() if targets is None else targets[index]
        rows, columns = (np.arange(pixels) // -(-pixels // _CELLS) for pixels in image.shape[:2])

        def ask(on, image=image, filling=filling, target=target, rows=rows, columns=columns):
            shown = on[:, rows][:, :, columns] > 0
            return network.logits(np.where(shown, image, filling))[:, target]

        cells = np.ones((rows[-1] + 1, columns[-1] + 1, 1))
        with _seeded(0):  # shap breaks ties at random
            explainer = shap.PartitionExplainer(ask, shap.maskers.Image(cells * 0))
            found = explainer(cells[None], max_evals=evaluations, batch_size=_BATCH, silent=True).values[0, ..., 0]
        size = np.outer(np.bincount(rows), np.bincount(columns))
        maps[index] = (found / size)[rows][:, columns]
    return maps


@contextmanager
def _seeded(seed):
    """Draw from NumPy's global generator, which shap uses, from a known state, and leave it as it was."""
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)
