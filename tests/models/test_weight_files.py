"""Weights are read whole and in order, a damaged file is named, and nothing in a file is ever run."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xailab.models.files import fetch
from xailab.models.weight_files import _TORCH_MAGIC, read_onnx, read_torch


@pytest.fixture(scope="module")
def torch_file():
    return fetch("efficientnet-lite0").read_bytes()


class Touch:
    """Pickled, it asks the reader to create a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_tensors_come_in_order_with_their_shapes(torch_file):
    tensors = read_torch(fetch("efficientnet-lite0"))
    assert list(tensors)[:2] == ["_conv_stem.weight", "_bn0.weight"] and list(tensors)[-1] == "_fc.bias"
    assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3) and tensors["_fc.weight"].shape == (1000, 1280)
    assert all(tensor.dtype == np.float32 for name, tensor in tensors.items() if "num_batches" not in name)
    assert all((tensor >= 0).all() for name, tensor in tensors.items() if name.endswith("running_var"))


@pytest.mark.parametrize("place", range(5))
def test_a_pickle_that_names_a_function_is_refused_and_nothing_is_run(tmp_path, place):
    parts = [_TORCH_MAGIC, 1001, {}, {}, []]
    parts[place] = Touch(tmp_path / "touched")
    (tmp_path / "weights.pth").write_bytes(b"".join(map(pickle.dumps, parts)))
    with pytest.raises(
        ValueError, match=r"it names pathlib\S+, which no table of weights needs; nothing of it was run"
    ):
        read_torch(tmp_path / "weights.pth")
    assert not (tmp_path / "touched").exists()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(0, 60_000) | st.sampled_from([10_000_000, 18_826_031]))
def test_a_file_cut_short_is_named_wherever_it_is_cut(tmp_path, torch_file, length):
    path = tmp_path / "weights.pth"
    path.write_bytes(torch_file[:length])
    with pytest.raises(ValueError, match="weights.pth cannot be read as weights of PyTorch: .*install the package"):
        read_torch(path)


def test_another_kind_of_file_is_named(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(1) + pickle.dumps(2) + pickle.dumps(3))
    with pytest.raises(ValueError, match="it does not start as PyTorch's files do"):
        read_torch(path)


def test_onnx_gives_the_first_kernel_of_vgg16():
    kernel = read_onnx(fetch("vgg16-base"))["functional_1/block1_conv1_1/convolution/ReadVariableOp:0"]
    assert kernel.shape == (64, 3, 3, 3)
    assert np.allclose(kernel[:3, 0, 0, 0], [0.42947057, 0.11727387, 0.03401296])


@pytest.mark.parametrize("content", [b"this is a page of HTML", b"\x08\x07\x12\xff\xff"])
def test_a_file_that_is_not_onnx_is_named(tmp_path, content):
    path = tmp_path / "weights.onnx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="weights.onnx cannot be read as an ONNX file"):
        read_onnx(path)
