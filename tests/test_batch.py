import os
import resource
import signal
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import Pipe, get_context

import numpy as np
import pytest

from xailab import batch
from xailab.batch import explain_dataset

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 6, 5, 3), dtype=np.uint8)
TARGETS = np.arange(50) % 3


def channel(images, targets):
    """The target's colour channel: as good an explanation as any here."""
    return np.stack([image[..., target] for image, target in zip(images, targets)]).astype(float)


EXPECTED = channel(IMAGES, TARGETS)


def explain(folder, how=channel, **options):
    return explain_dataset(
        how, **{"images": IMAGES, "folder": folder, "targets": TARGETS, "batch_size": 8, "progress": False} | options
    )


def watched(calls, fail_at=None, error=KeyboardInterrupt):
    def channel(images, targets):  # named as the method that it is, for the folder belongs to one method
        calls.append(len(images))
        if len(calls) == fail_at:
            raise error
        return globals()["channel"](images, targets)

    channel.__qualname__ = "channel"
    return channel


def killing(marker, images, targets):
    """Kills its own process on the third batch, the first time that it is asked."""
    if np.array_equal(images, IMAGES[16:24]):
        try:
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return channel(images, targets)


def counted_saves(monkeypatch):
    saved, save = [], batch._save
    monkeypatch.setattr(batch, "_save", lambda path, *given: saved.append(path.name) or save(path, *given))
    return saved


def test_all_images_are_explained_in_their_order(tmp_path):
    maps = explain(tmp_path)
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps, EXPECTED)
    assert len(list(tmp_path.iterdir())) == 7  # six batches of 8, one of 2, and nothing left lying about


def test_images_on_disk_and_one_target_for_all(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    maps = explain(tmp_path / "new" / "maps", images=np.load(tmp_path / "images.npy", mmap_mode="r"), targets=1)
    np.testing.assert_array_equal(maps, IMAGES[..., 1])


def test_without_targets_the_method_chooses(tmp_path):
    maps = explain(tmp_path, lambda images, targets: images[..., 0] if targets is None else None, targets=None)
    np.testing.assert_array_equal(maps, IMAGES[..., 0])


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_loses_one_batch_and_the_next_call_goes_on(tmp_path, error):
    calls = []
    with pytest.raises(error) as caught:
        explain(tmp_path, watched(calls, fail_at=4, error=error))
    assert "images 24 to 31" in caught.value.__notes__[0]
    assert len(list(tmp_path.iterdir())) == 3
    np.testing.assert_array_equal(explain(tmp_path, watched(calls)), EXPECTED)
    assert calls == [8] * 4 + [8, 8, 8, 2]
    np.testing.assert_array_equal(explain(tmp_path, watched(calls)), EXPECTED)
    assert len(calls) == 8  # all there: nothing is computed


def test_threads_give_the_same_and_a_failing_batch_costs_no_other(tmp_path):
    with ThreadPoolExecutor(3) as pool:
        with pytest.raises(RuntimeError):
            explain(tmp_path, watched([], fail_at=3, error=RuntimeError), executor=pool)
        again = []
        np.testing.assert_array_equal(explain(tmp_path, watched(again), executor=pool), EXPECTED)
    assert 1 <= len(again) <= 7


def test_a_large_set_is_handed_to_the_executor_in_portions(tmp_path):
    handed = []

    class Slow(ThreadPoolExecutor):
        def submit(self, *given):
            handed.append(len(list(tmp_path.glob("*.npz"))))
            return super().submit(*given)

    with Slow(1) as pool:
        explain(tmp_path, batch_size=1, executor=pool)
    assert max(number - stored for number, stored in enumerate(handed)) < batch._IN_FLIGHT


def test_a_killed_process_breaks_the_pool_and_a_new_pool_goes_on(tmp_path, monkeypatch):
    saved, how = counted_saves(monkeypatch), partial(killing, tmp_path / "marker")
    with pytest.raises(BrokenProcessPool), ProcessPoolExecutor(1, get_context("spawn")) as pool:
        explain(tmp_path / "maps", how, executor=pool)
    assert len(saved) == 2
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        np.testing.assert_array_equal(explain(tmp_path / "maps", how, executor=pool), EXPECTED)
    assert len(saved) == len(set(saved)) == 7


def run_into_the_third_batch(folder, parent):
    """What the next test runs in a process of its own, and kills: it says that it is in its third batch, and stays there."""
    calls = []

    def channel(images, targets):
        calls.append(len(images))
        if len(calls) == 3:
            parent.send("in the third batch")
            parent.recv()
        return globals()["channel"](images, targets)

    channel.__qualname__ = "channel"
    explain(folder, channel)


def test_a_killed_run_has_lost_one_batch_at_most(tmp_path):
    here, there = Pipe()
    process = get_context("spawn").Process(target=run_into_the_third_batch, args=(tmp_path, there))
    process.start()
    there.close()  # so that a process that ends without a word ends the test, too
    here.recv()
    process.kill()
    process.join()
    assert len(list(tmp_path.glob("*.npz"))) == 2
    calls = []
    np.testing.assert_array_equal(explain(tmp_path, watched(calls)), EXPECTED)
    assert calls == [8, 8, 8, 8, 2]


def test_on_a_dask_cluster_a_killed_worker_loses_nothing_and_repeats_nothing(tmp_path, monkeypatch):
    from distributed import Client, LocalCluster

    saved = counted_saves(monkeypatch)
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=60
        ) as cluster,
        Client(cluster) as client,
    ):
        assert client.scheduler.address.startswith("tcp://127.0.0.1") and len(client.scheduler_info()["workers"]) == 2
        before = set(client.run(os.getpid).values())
        maps = explain(
            tmp_path / "maps", partial(killing, tmp_path / "marker"), executor=client.get_executor(), batch_size=8
        )
        assert (tmp_path / "marker").exists()
        assert len(before & set(client.run(os.getpid).values())) < 2  # one of the two is gone, or another in its place
    np.testing.assert_array_equal(maps, EXPECTED)
    assert len(saved) == len(set(saved)) == 7


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty"])
def test_a_damaged_batch_is_noticed_and_explained_again(tmp_path, damage):
    explain(tmp_path)
    path = sorted(tmp_path.iterdir())[2]
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[400] ^= 255
    path.write_bytes(content if damage == "flipped" else content[: len(content) // 2 if damage == "cut" else 0])
    calls = []
    with pytest.warns(UserWarning, match="images-000016-000023.npz is damaged"):
        np.testing.assert_array_equal(explain(tmp_path, watched(calls)), EXPECTED)
    assert calls == [8]
    np.testing.assert_array_equal(explain(tmp_path), EXPECTED)


def test_any_flipped_bit_is_noticed_or_harmless(tmp_path):
    explain(tmp_path, images=IMAGES[:4], targets=0)
    path = next(tmp_path.iterdir())
    whole = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for place in range(0, 8 * len(whole), 7):  # a bit in each byte but every eighth, each of the eight in turn
            damaged = bytearray(whole)
            damaged[place // 8] ^= 1 << place % 8
            path.write_bytes(damaged)
            np.testing.assert_array_equal(explain(tmp_path, images=IMAGES[:4], targets=0), IMAGES[:4, ..., 0])


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("nowhere"), lambda path: path.write_text("?")]
)
def test_what_stands_in_a_batch_file_s_place_is_replaced(tmp_path, make):
    explain(tmp_path)
    path = sorted(tmp_path.iterdir())[1]
    path.unlink()
    make(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(explain(tmp_path), EXPECTED)
    assert path.is_file() and not path.is_symlink()


def test_a_folder_of_other_explanations_is_refused(tmp_path):
    explain(tmp_path)
    for options in ({"images": IMAGES[::-1]}, {"targets": 0}, {"how": lambda images, targets: images[..., 0]}):
        with pytest.raises(ValueError, match="other images or targets, or by another method"):
            explain(tmp_path, **options)
    for options in ({"batch_size": 10}, {"images": IMAGES[:40], "targets": 0}):
        with pytest.raises(ValueError, match="another batch_size or another number of images"):
            explain(tmp_path, **options)


def test_a_full_disk_is_named_and_leaves_no_half_file(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    explain(tmp_path, images=IMAGES[:8], targets=TARGETS[:8])
    large = np.zeros((8, 400, 400, 3), np.uint8)  # its maps take 5 MB
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        with pytest.raises(OSError, match=r"could not be written.*\(File too large\).*call again"):
            explain(tmp_path / "large", images=large, targets=0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "large").iterdir()) == []
    explain(tmp_path / "large", images=large, targets=0)


def test_a_folder_that_cannot_be_written_is_named_before_anything_is_computed(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    calls = []
    with pytest.raises(OSError, match=r"cannot be written to \(Not a directory\)"):
        explain(tmp_path / "file" / "maps", watched(calls))

    def read_only(**options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(batch.tempfile, "TemporaryFile", read_only)
    with pytest.raises(OSError, match=r"cannot be written to \(Read-only file system\): choose one"):
        explain(tmp_path / "maps", watched(calls))
    assert not calls


@pytest.mark.parametrize(
    "options, said",
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"images": IMAGES[0]}, r"shape \(6, 5, 3\): at least one \(N, H, W, C\)"),
        ({"images": IMAGES[:0]}, "at least one"),
        ({"targets": [1, 2]}, r"shape \(2,\) for 50 images"),
        ({"how": lambda images, targets: images}, r"images 0 to 7 explain returned shape \(8, 6, 5, 3\)"),
        ({"how": lambda images, targets: images[..., 0] * np.nan}, "finite maps"),
    ],
)
def test_bad_input_is_named(tmp_path, options, said):
    with pytest.raises(ValueError, match=said):
        explain(tmp_path, **options)


def test_the_bar_counts_images_and_starts_where_the_last_call_stopped(tmp_path, capsys):
    with pytest.raises(KeyboardInterrupt):
        explain(tmp_path, watched([], fail_at=4))
    explain(tmp_path, progress=True)
    assert "24/50" in capsys.readouterr().err


def test_a_folder_belongs_to_one_method_with_its_options(tmp_path):
    def brighter(images, targets, by):
        return channel(images, targets) + by

    np.testing.assert_array_equal(explain(tmp_path, partial(brighter, by=1)), EXPECTED + 1)
    np.testing.assert_array_equal(explain(tmp_path, partial(brighter, by=1)), EXPECTED + 1)
    with pytest.raises(ValueError, match="by another method"):
        explain(tmp_path, partial(brighter, by=2))


def small_network(seed, activation="relu"):
    from xailab._tensorflow import keras

    keras.utils.set_random_seed(seed)
    layers = [keras.Input((6, 5, 3)), keras.layers.Conv2D(4, 3, activation=activation)]
    return keras.Sequential([*layers, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)])


def ask(model, images, targets):
    from xailab.cam import hires_cam

    return hires_cam(model, images, targets)


WAYS = {
    "partial, by place": lambda model: partial(ask, model),
    "partial, by name": lambda model: partial(lambda images, targets, model: ask(model, images, targets), model=model),
    "closure": lambda model: lambda images, targets: ask(model, images, targets),
    "partial of a partial": lambda model: partial(partial(ask, model)),
    "closure over a partial": lambda model: (lambda how: lambda images, targets: how(images, targets))(
        partial(ask, model)
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_folder_belongs_to_one_network_with_its_weights(tmp_path, way):
    model, how = small_network(0), WAYS[way]
    found = explain(tmp_path, how(model))
    np.testing.assert_array_equal(explain(tmp_path, how(model)), found)
    np.testing.assert_array_equal(explain(tmp_path, how(small_network(0))), found)  # built again, under other names
    for other in (small_network(1), small_network(0, "linear")):
        with pytest.raises(ValueError, match="by another method, other options or a network with other weights"):
            explain(tmp_path, how(other))
    model.layers[-1].kernel.assign(-model.layers[-1].kernel)  # trained again
    with pytest.raises(ValueError, match="a network with other weights"):
        explain(tmp_path, how(model))


def test_options_by_place_and_arrays_among_them_count(tmp_path):
    def weighed(weights, power, images, targets):
        return (images @ weights) ** power

    ones = np.ones(3)
    explain(tmp_path, partial(weighed, ones, 1))
    explain(tmp_path, partial(weighed, ones.copy(), 1))
    for options in ((ones, 2), (ones * 2, 1), (ones.astype(np.float32), 1)):
        with pytest.raises(ValueError, match="by another method, other options"):
            explain(tmp_path, partial(weighed, *options))


def test_threads_share_a_network_that_was_never_traced(tmp_path):
    from xailab.cam import grad_cam, guided_backprop

    for method in (grad_cam, guided_backprop):
        for seed in range(3):
            model = small_network(seed)
            with ThreadPoolExecutor(4) as pool:
                found = explain(tmp_path / f"{method.__name__}{seed}", partial(method, model), executor=pool)
            np.testing.assert_allclose(found, method(model, IMAGES, TARGETS), atol=1e-6)
