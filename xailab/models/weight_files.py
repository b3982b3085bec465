"""Read trained weights from the files that packages carry, without the frameworks that wrote them."""

import io
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np

_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_TORCH_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _TensorsOnly(pickle.Unpickler):
    """A pickle can have any function called while it is read: this one knows only the names that tensors need."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if module == "torch" and name in _TORCH_DTYPES:
            return name
        raise pickle.UnpicklingError(
            f"it names {module}.{name}, which no table of weights needs; nothing of it was run"
        )

    def persistent_load(self, identity):
        _, storage_type, key, _, length, _ = identity
        return key, _TORCH_DTYPES[storage_type], length


def read_torch(path):
    """Read a table of weights that PyTorch saved in its format before version 1.6, without PyTorch.

    path: the file. Returns {name: array}, in the order of the file; the arrays are views of one buffer each, not
    copies. Raises ValueError where the file is cut short, is something else, or names anything but tensors (nothing of
    a pickle that does is run). Lesson 04.
    """
    try:
        file = io.BytesIO(Path(path).read_bytes())  # which gives what it has where a damaged length asks for terabytes
        magic, _, _ = (_TensorsOnly(file).load() for _ in range(3))
        if magic != _TORCH_MAGIC:
            raise pickle.UnpicklingError("it does not start as PyTorch's files do")
        table, keys = _TensorsOnly(file).load(), _TensorsOnly(file).load()
        storages = {storage[0]: storage for storage, *_ in table.values()}
        buffers = {key: _read_storage(file, *storages[key][1:]) for key in keys}
        return {name: _view(buffers[storage[0]], *place) for name, (storage, *place) in table.items()}
    except OSError:
        raise
    except Exception as error:  # a damaged pickle fails in a dozen ways, none of which tells a student what happened
        raise ValueError(
            f"{path} cannot be read as weights of PyTorch: {error or 'the file ends too early'}. Delete it and install "
            "the package that carries it once more, or download it again."
        ) from error


def _read_storage(file, dtype, length):
    stored = int.from_bytes(file.read(8), "little")
    data = file.read(length * dtype.itemsize)
    if stored != length or len(data) != length * dtype.itemsize:
        raise EOFError(f"{length} numbers were expected, {len(data) // dtype.itemsize} are there")
    return np.frombuffer(data, dtype)


def _view(buffer, offset, size, stride):
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if min((offset, *size, *stride)) < 0 or last >= len(buffer):
        raise ValueError(f"a tensor of shape {size} reaches beyond its {len(buffer)} numbers")
    return np.lib.stride_tricks.as_strided(buffer[offset:], size, [step * buffer.itemsize for step in stride])


def read_onnx(path):
    """Read the weights of an ONNX file, without running its graph.

    path: the file. Returns {name: array} of the graph's initializers. Raises ValueError for a file that is not ONNX or
    is cut short. Lesson 04.
    """
    import onnx  # costs 0.2 s, and only VGG16 needs it
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load(path, load_external_data=False).graph
    except DecodeError as error:
        raise ValueError(
            f"{path} cannot be read as an ONNX file: {error}. "
            "Delete it and install the package that carries it once more."
        ) from error
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
